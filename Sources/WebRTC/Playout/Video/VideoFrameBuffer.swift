import DequeModule
import RTP
import Wire

/// Puts the packets of one VP8 stream together to frames and hands out those that the decoder can take, in order, each at the
/// moment at which it is complete.
///
/// A frame that refers to a missing one is never handed out. A gap is given time to be repaired by retransmission; then a key
/// frame is asked for. Decoding goes on with whatever comes first: the missing packets or a whole key frame.
public struct VideoFrameBuffer: Machine {
    public enum Input: Sendable {
        /// A packet of the stream, retransmissions unwrapped. One without payload is padding.
        case packet(RTPPacket)
        /// The path's round trip, from which it follows how long a repair can take.
        case roundTripTime(Duration)
        /// The decoder could not decode the frame with this timestamp.
        case decodeFailed(rtpTimestamp: UInt32)
        case timeout
    }

    public enum Output: Hashable, Sendable {
        case frame(AssembledFrame)
        /// To be sent as PLI.
        case keyFrameRequest
        /// Packets before this sequence number are of no more use: they need not be asked for.
        case abandoned(before: UInt16)
    }

    /// What W3C's `RTCInboundRtpStreamStats` tells of a video stream's assembly.
    public struct Statistics: Equatable, Sendable {
        /// Whole frames, whether or not they were handed out.
        public var framesReceived = 0
        public var keyFramesReceived = 0
        /// Whole frames that were left out because what they refer to is missing.
        public var framesDropped = 0
        public var framesAssembledFromMultiplePackets = 0
        /// The sum over those frames of the seconds from the first packet's arrival to the last's.
        public var totalAssemblyTime = 0.0
        /// Packets that came too late, or whose payload is no VP8.
        public var packetsDiscarded = 0
        public var keyFrameRequests = 0

        public init() {}
    }

    public internal(set) var statistics = Statistics()

    var store = VideoPacketStore(floor: 0)
    var references = VP8References()
    /// Whether nothing can be decoded before the next key frame, whatever is repaired.
    var needsKeyFrame = true
    var requester = KeyFrameRequester()
    var lastKeyFrameTimestamp: UInt32?
    var outputs: Deque<Output> = []

    private var numbers = SequenceUnwrapper<UInt16>()
    private var ssrc: UInt32?
    private var restart: UInt16?
    private var hasBegun = false
    private var lastInput = Instant.zero

    /// A first packet may have been overtaken by this many others.
    private static let reordering: Int64 = 64
    /// Before the first request: the first packet may have overtaken those that begin the key frame.
    private static let overtaking = Duration.milliseconds(20)

    public init() {}

    /// Whether a key frame is what decoding waits for.
    public var isWaitingForKeyFrame: Bool { requester.isWanted }

    public mutating func nextOutput() -> Output? {
        outputs.popFirst()
    }

    public var deadline: Instant? {
        earliest(requestDeadline(after: lastInput), repairDeadline)
    }

    public mutating func handle(_ input: Input, at now: Instant) {
        lastInput = now
        switch input {
        case .packet(let packet): receive(packet, at: now)
        case .roundTripTime(let time): requester.roundTripTime = max(.zero, min(time, .seconds(2)))
        case .decodeFailed(let timestamp): decodeFailed(timestamp)
        case .timeout: break
        }
        if let repairDeadline, repairDeadline <= now { requester.want() }
        if let due = requestDeadline(after: now), due <= now, requester.takeRequest(at: now) {
            statistics.keyFrameRequests += 1
            outputs.append(.keyFrameRequest)
        }
    }

    private mutating func decodeFailed(_ timestamp: UInt32) {
        // A key frame handed out since then has put it right.
        if let lastKeyFrameTimestamp, Int32(bitPattern: lastKeyFrameTimestamp &- timestamp) > 0 { return }
        needsKeyFrame = true
        requester.want()
    }

    private mutating func receive(_ packet: RTPPacket, at now: Instant) {
        requester.packetArrived(at: now)
        if ssrc != packet.ssrc {
            ssrc = packet.ssrc
            beginAnew()
        }
        guard let video = video(packet, at: now) else {
            statistics.packetsDiscarded += 1
            return
        }
        if !hasBegun {
            hasBegun = true
            store = VideoPacketStore(floor: video.number - Self.reordering)
            requester.want(notBefore: now + Self.overtaking)
        }
        if video.number < store.floor {
            statistics.packetsDiscarded += 1
            return followRestart(packet, behind: store.floor - video.number, at: now)
        }
        restart = nil
        _ = numbers.unwrap(packet.sequenceNumber)
        makeRoom(for: video.number)
        if store.insert(video) { advance() }
    }

    /// Drops the oldest packets, without which nothing goes on but by a key frame.
    private mutating func makeRoom(for number: Int64) {
        if store.byteCount > VideoPacketStore.byteLimit {
            store = VideoPacketStore(floor: number)
        } else if number - store.floor >= VideoPacketStore.capacity {
            store.advance(to: number - VideoPacketStore.capacity / 2)
        } else {
            return
        }
        needsKeyFrame = true
        requester.want()
        outputs.append(.abandoned(before: UInt16(truncatingIfNeeded: store.floor)))
    }

    /// A packet far behind is a stray one, unless its successor follows: then the sender has begun anew.
    private mutating func followRestart(_ packet: RTPPacket, behind distance: Int64, at now: Instant) {
        guard distance > VideoPacketStore.capacity else { return }
        if let restart, packet.sequenceNumber == restart &+ 1 {
            beginAnew()
            receive(packet, at: now)
        } else {
            restart = packet.sequenceNumber
        }
    }

    private mutating func beginAnew() {
        hasBegun = false
        numbers = SequenceUnwrapper()
        references = VP8References()
        needsKeyFrame = true
        lastKeyFrameTimestamp = nil
        restart = nil
    }

    /// `nil` if the payload is no VP8.
    private func video(_ packet: RTPPacket, at now: Instant) -> VideoPacket? {
        var video = VideoPacket(
            number: numbers.peek(packet.sequenceNumber), timestamp: packet.timestamp, marker: packet.marker, arrival: now,
            descriptor: nil, data: [], isKeyFrameStart: false)
        if packet.payload.isEmpty { return video }
        guard let (descriptor, data) = try? VP8PayloadDescriptor.parse(packet.payload) else { return nil }
        video.descriptor = descriptor
        video.data = data
        // The lowest bit of a frame's first byte is 0 in key frames (RFC 6386 section 9.1).
        video.isKeyFrameStart = descriptor.isStartOfFrame && data.first.map { $0 & 1 == 0 } ?? false
        return video
    }
}
