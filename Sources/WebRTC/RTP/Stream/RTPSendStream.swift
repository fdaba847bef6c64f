import DequeModule
import Wire

/// What sends one track: cuts frames into packets, answers requests for retransmission, and keeps the accounts that sender
/// reports and statistics are made of.
///
/// The way of a packet: ``packetize(_:capturedAt:audioLevel:isNonReference:)`` makes it, a pacer may hold it, and
/// ``encode(_:transportSequenceNumber:sentAt:)`` turns it to bytes when it leaves. Packets of ``Output/retransmit(_:)`` go
/// the same way from the pacer on.
public struct RTPSendStream: Machine, Sendable {
    public enum PayloadFormat: Hashable, Sendable {
        case vp8
        case opus
    }

    public struct Configuration: Hashable, Sendable {
        public var format: PayloadFormat
        public var ssrc: UInt32
        /// 0...127, as negotiated.
        public var payloadType: UInt8
        /// Where retransmissions go (RFC 4588); without it they repeat the packet as it was.
        public var retransmission: Retransmission?
        /// The payload type of packets that repeat earlier ones (RFC 2198); without it none does. Opus only.
        public var redundancyPayloadType: UInt8?
        /// Whether the receiver may ask for packets again (`a=rtcp-fb nack`).
        public var answersNACK: Bool
        /// The m-line's identification tag, written into packets until a receiver has reported on the stream.
        public var mid: String?
        public var extensions: HeaderExtensionIDs

        public init(
            format: PayloadFormat, ssrc: UInt32, payloadType: UInt8, retransmission: Retransmission? = nil,
            redundancyPayloadType: UInt8? = nil, answersNACK: Bool = false, mid: String? = nil, extensions: HeaderExtensionIDs = .init()
        ) {
            self.format = format
            self.ssrc = ssrc
            self.payloadType = payloadType
            self.retransmission = retransmission
            self.redundancyPayloadType = redundancyPayloadType
            self.answersNACK = answersNACK
            self.mid = mid
            self.extensions = extensions
        }

        /// Ticks per second of the timestamps.
        public var clockRate: UInt32 {
            switch format {
            case .vp8: 90_000
            case .opus: OpusPayload.clockRate
            }
        }
    }

    /// The stream of retransmitted packets.
    public struct Retransmission: Hashable, Sendable {
        public var ssrc: UInt32
        public var payloadType: UInt8

        public init(ssrc: UInt32, payloadType: UInt8) {
            self.ssrc = ssrc
            self.payloadType = payloadType
        }
    }

    public enum Input: Hashable, Sendable {
        /// Any packet that the remote end sent; those about other streams are passed over.
        case rtcp(RTCPPacket)
        case timeout
    }

    public enum Output: Hashable, Sendable {
        /// Send this, before frames that still wait.
        case retransmit(RTPPacket)
        /// Have the encoder make the next frame a key frame.
        case keyFrameRequested
    }

    /// May change with a new offer and answer; the accounts go on.
    public var configuration: Configuration
    public internal(set) var statistics = OutboundStatistics()
    /// What the remote end last reported; `nil` before it has.
    public internal(set) var remoteInbound: RemoteInboundStatistics?
    /// The last measured round trip.
    public internal(set) var roundTripTime: Duration?

    let wallClock: WallClock
    var clock: MediaClock
    var packetizer: VP8Packetizer
    var nextSequenceNumber: UInt16
    var nextRetransmissionSequenceNumber: UInt16
    var history = PacketHistory()
    var repeatable = RepeatableFrames()
    var keyFrameRequests = KeyFrameRequests()
    var outputs: Deque<Output> = []
    /// Packets and octets of the SSRC itself, as sender reports count them.
    var sentPackets: UInt32 = 0
    var sentOctets: UInt32 = 0
    var isMarkerDue = true

    public init(_ configuration: Configuration, wallClock: WallClock, random: inout RandomSource) {
        self.configuration = configuration
        self.wallClock = wallClock
        clock = MediaClock(clockRate: configuration.clockRate, initial: UInt32(truncatingIfNeeded: random.next()))
        packetizer = VP8Packetizer(random: &random)
        // The lower half, so that losses at the start cannot make the receiver's SRTP guess the wrong rollover count.
        nextSequenceNumber = UInt16(truncatingIfNeeded: random.next()) & 0x7fff
        nextRetransmissionSequenceNumber = UInt16(truncatingIfNeeded: random.next()) & 0x7fff
    }

    /// The UDP payload that a packet may make: with IPv6, UDP and a TURN channel around it, 1252 bytes on the wire pass
    /// every path that WebRTC is known on.
    public static let maximumDatagramSize = 1200
    /// The longest authentication tag of the SRTP profiles (AEAD GCM).
    public static let srtpTagSize = 16

    /// The greatest payload of a packet such that neither it nor its retransmission exceeds ``maximumDatagramSize``.
    public var maximumPayloadSize: Int {
        let sample = RTPPacket(
            payloadType: 0, sequenceNumber: 0, timestamp: 0, ssrc: 0,
            extensions: extensions(withMID: true, audioLevel: AudioLevel(level: 0, voiceActivity: false)))
        let originalSequenceNumberSize = 2
        return Self.maximumDatagramSize - Self.srtpTagSize - originalSequenceNumberSize - sample.headerSize
    }

    /// The packets of one frame, in order; none for an empty frame.
    ///
    /// - Parameters:
    ///   - frame: one encoded VP8 frame, or one Opus packet.
    ///   - capturedAt: when the picture was taken, or the first of the samples.
    ///   - redundancy: which frames before this one to repeat with it: 1 is the last. Only where
    ///     ``Configuration/redundancyPayloadType`` allows it, and as far as they fit (Opus only).
    ///   - audioLevel: written if the extension was negotiated.
    ///   - isNonReference: no later frame refers to this one (VP8 only).
    public mutating func packetize(
        _ frame: [UInt8], capturedAt: Instant, redundancy: [Int] = [], audioLevel: AudioLevel? = nil, isNonReference: Bool = false
    ) -> [RTPPacket] {
        if frame.isEmpty { return [] }
        let extensions = extensions(withMID: remoteInbound == nil, audioLevel: audioLevel)
        let payloads: [[UInt8]]
        var payloadType = configuration.payloadType
        let timestamp: UInt32
        let isMarked: Bool
        switch configuration.format {
        case .vp8:
            payloads = packetizer.packetize(frame, maximumSize: maximumPayloadSize, isNonReference: isNonReference)
            timestamp = clock.timestamp(capturedAt: capturedAt)
            isMarked = true
        case .opus:
            timestamp = clock.timestamp(capturedAt: capturedAt, sampleCount: OpusPayload.sampleCount(of: frame) ?? 0)
            let copies = repeatable.copies(redundancy, before: timestamp, payloadType: payloadType)
            let whole = RedundantAudio(copies: copies, payloadType: payloadType, payload: frame)
            if let type = configuration.redundancyPayloadType, !copies.isEmpty, whole.size <= maximumPayloadSize {
                payloads = [whole.encoded()]
                payloadType = type
            } else {
                payloads = [frame]
            }
            repeatable.append(frame, timestamp: timestamp)
            // RFC 3551 section 4.1: the first packet of a talkspurt.
            isMarked = isMarkerDue
            isMarkerDue = false
        }
        return payloads.enumerated().map { index, payload in
            defer { nextSequenceNumber &+= 1 }
            return RTPPacket(
                payloadType: payloadType, sequenceNumber: nextSequenceNumber, timestamp: timestamp, ssrc: configuration.ssrc,
                marker: isMarked && index == payloads.count - 1, extensions: extensions, payload: payload)
        }
    }

    /// Leaves out audio that need not be sent (DTX): the timestamps go on by so many samples.
    public mutating func skip(sampleCount: Int) {
        clock.skip(sampleCount: sampleCount)
        repeatable.removeAll()
        isMarkerDue = true
    }

    /// With places for what is known only when a packet leaves.
    func extensions(withMID: Bool, audioLevel: AudioLevel?) -> RTPHeaderExtensions {
        var extensions = RTPHeaderExtensions()
        if let id = configuration.extensions.transportSequenceNumber { extensions[id] = [0, 0] }
        if let id = configuration.extensions.absoluteSendTime { extensions[id] = [0, 0, 0] }
        if let id = configuration.extensions.audioLevel, let audioLevel, configuration.format == .opus {
            extensions[id] = [audioLevel.byte]
        }
        if withMID, let id = configuration.extensions.mid, let mid = configuration.mid { extensions[id] = Array(mid.utf8.prefix(255)) }
        return extensions
    }

    /// The bytes of a packet that leaves now, to be protected and sent.
    ///
    /// Writes the time and `transportSequenceNumber` into it where negotiated, counts it, and remembers it for retransmission.
    public mutating func encode(_ packet: RTPPacket, transportSequenceNumber: UInt16? = nil, sentAt now: Instant) -> [UInt8] {
        var bytes = packet.encoded()
        if let id = configuration.extensions.absoluteSendTime {
            RTPPacket.overwriteAbsoluteSendTime(AbsoluteSendTime(now), id: id, in: &bytes)
        }
        if let id = configuration.extensions.transportSequenceNumber, let transportSequenceNumber {
            RTPPacket.overwriteTransportSequenceNumber(transportSequenceNumber, id: id, in: &bytes)
        }
        let isPrimary = packet.ssrc == configuration.ssrc
        statistics.count(packet, isRetransmission: !isPrimary || history.contains(packet.sequenceNumber))
        if isPrimary {
            sentPackets &+= 1
            sentOctets &+= UInt32(truncatingIfNeeded: packet.payload.count)
            if configuration.answersNACK, !history.contains(packet.sequenceNumber) { history.insert(packet, at: now) }
        }
        return bytes
    }
}
