import DequeModule
import Wire

/// What receives one remote source, with the stream of its retransmissions: unwraps those, drops duplicates, asks for what is
/// missing, and keeps the accounts that reception reports and statistics are made of.
///
/// Packets come out in the order of arrival; putting them into sequence is the frame buffer's work.
public struct RTPReceiveStream: Machine, Sendable {
    public struct Configuration: Hashable, Sendable {
        /// The remote source.
        public var ssrc: UInt32
        /// The source of its retransmissions, if any.
        public var retransmissionSSRC: UInt32?
        /// Ticks per second of the timestamps.
        public var clockRate: UInt32
        /// The payload type of retransmissions, and which payload type each stands for (`apt`).
        public var retransmissionPayloadTypes: [UInt8: UInt8]
        /// Whether missing packets are asked for: for video with `a=rtcp-fb nack`.
        public var sendsNACK: Bool
        /// Packets in sequence before the source counts as valid; more than 1 only where packets are not authenticated.
        public var minimumSequential: Int

        public init(
            ssrc: UInt32, retransmissionSSRC: UInt32? = nil, clockRate: UInt32, retransmissionPayloadTypes: [UInt8: UInt8] = [:],
            sendsNACK: Bool = false, minimumSequential: Int = 1
        ) {
            self.ssrc = ssrc
            self.retransmissionSSRC = retransmissionSSRC
            self.clockRate = max(1, clockRate)
            self.retransmissionPayloadTypes = retransmissionPayloadTypes
            self.sendsNACK = sendsNACK
            self.minimumSequential = minimumSequential
        }
    }

    public enum KeyFrameRequest: Hashable, Sendable {
        case pictureLossIndication
        case fullIntraRequest
    }

    public enum Input: Hashable, Sendable {
        /// A packet of the source or of its retransmissions; any other is dropped.
        case packet(RTPPacket)
        /// Any packet that the remote end sent; those about other sources are passed over.
        case rtcp(RTCPPacket)
        /// The decoder needs a key frame. How often to ask is for the caller to decide.
        case requestKeyFrame(KeyFrameRequest)
        case timeout
    }

    public enum Output: Hashable, Sendable {
        /// A packet that had not come before; a retransmission as its original. Its payload may be empty: padding, which only
        /// fills a place in the sequence.
        case packet(RTPPacket, isRetransmission: Bool)
        /// A NACK, PLI or FIR to be sent without delay.
        case feedback(RTCPPacket)
    }

    public var configuration: Configuration
    /// The SSRC that feedback is sent from.
    public var localSSRC: UInt32
    /// The last measured round trip, from a send stream or an extended report: paces the requests for missing packets.
    public var roundTripTime: Duration?
    /// The last sender report and when it came; `nil` before the first.
    public internal(set) var lastSenderReport: (report: SenderReport, arrival: Instant)?
    public internal(set) var remoteOutbound: RemoteOutboundStatistics?
    /// Whether the source has said BYE and not sent since.
    public internal(set) var hasLeft = false

    var counters = InboundStatistics()
    var source: SourceState
    var jitter = InterarrivalJitter()
    var window = ReceivedWindow()
    var nack = NACKGenerator()
    var outputs: Deque<Output> = []
    var fullIntraRequestNumber: UInt8 = 0

    public init(_ configuration: Configuration, localSSRC: UInt32) {
        self.configuration = configuration
        self.localSSRC = localSSRC
        source = SourceState(minimumSequential: configuration.minimumSequential)
    }

    public var deadline: Instant? { configuration.sendsNACK ? nack.deadline : nil }

    public mutating func nextOutput() -> Output? { outputs.popFirst() }

    public mutating func handle(_ input: Input, at now: Instant) {
        switch input {
        case .packet(let packet) where packet.ssrc == configuration.ssrc: receive(packet, at: now)
        case .packet(let packet) where packet.ssrc == configuration.retransmissionSSRC: receiveRetransmission(packet, at: now)
        case .packet: break
        case .rtcp(let packet): handle(packet, at: now)
        case .requestKeyFrame(let kind): requestKeyFrame(kind)
        case .timeout: break
        }
        sendNACKs(at: now)
    }

    /// Gives up on missing packets before `sequenceNumber`: a key frame made them needless.
    public mutating func abandonMissing(before sequenceNumber: UInt16) {
        guard source.extendedHighest != nil else { return }
        nack.abandon(before: source.extend(sequenceNumber))
    }

    private mutating func receive(_ packet: RTPPacket, at now: Instant) {
        counters.count(packet, isRetransmission: false, at: now)
        hasLeft = false
        let highest = source.extendedHighest
        let number: Int64
        switch source.update(packet.sequenceNumber) {
        case .invalid:
            counters.packetsDiscarded += 1
            return
        case .restarted(let first):
            number = first
            window.removeAll()
            nack.restart(at: first)
            jitter.restart()
        case .valid(let extended): number = extended
        }
        switch window.insert(number) {
        case .duplicate:
            counters.packetsDuplicated += 1
            return
        case .tooOld:
            counters.packetsDiscarded += 1
            return
        case .new: break
        }
        if highest.map({ number > $0 }) ?? true {
            jitter.update(arrival: arrivalTicks(now), timestamp: packet.timestamp, limit: 5 * Int64(configuration.clockRate))
        }
        if configuration.sendsNACK { nack.received(number, at: now) { window.contains($0) } }
        outputs.append(.packet(packet, isRetransmission: false))
    }

    /// RFC 4588 section 4: the payload starts with the sequence number of the original. It may also be padding alone, with
    /// which senders probe the path.
    private mutating func receiveRetransmission(_ packet: RTPPacket, at now: Instant) {
        counters.count(packet, isRetransmission: true, at: now)
        guard packet.payload.count >= 2 else { return }
        guard let payloadType = configuration.retransmissionPayloadTypes[packet.payloadType], let highest = source.extendedHighest else {
            counters.packetsDiscarded += 1
            return
        }
        var original = packet
        original.ssrc = configuration.ssrc
        original.payloadType = payloadType
        original.sequenceNumber = UInt16(packet.payload[0]) << 8 | UInt16(packet.payload[1])
        original.payload.removeFirst(2)
        original.paddingLength = 0
        let number = source.extend(original.sequenceNumber)
        // A retransmission is of something lately sent; anything else would throw the window far ahead.
        guard number <= highest + Int64(SourceState.maximumMisorder) else {
            counters.packetsDiscarded += 1
            return
        }
        switch window.insert(number) {
        case .duplicate: counters.packetsDuplicated += 1
        case .tooOld: counters.packetsDiscarded += 1
        case .new:
            nack.recovered(number)
            outputs.append(.packet(original, isRetransmission: true))
        }
    }

    private mutating func sendNACKs(at now: Instant) {
        guard configuration.sendsNACK else { return }
        let due = nack.takeDue(roundTripTime: roundTripTime, at: now)
        if due.isEmpty { return }
        counters.nackCount += 1
        let numbers = due.map { UInt16(truncatingIfNeeded: $0) }
        outputs.append(.feedback(.nack(GenericNACK(senderSSRC: localSSRC, mediaSSRC: configuration.ssrc, sequenceNumbers: numbers))))
    }

    private func arrivalTicks(_ now: Instant) -> UInt32 {
        let (seconds, nanoseconds) = now.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let rate = Int64(configuration.clockRate)
        return UInt32(truncatingIfNeeded: seconds &* rate &+ nanoseconds * rate / 1_000_000_000)
    }
}

extension InboundStatistics {
    fileprivate mutating func count(_ packet: RTPPacket, isRetransmission: Bool, at now: Instant) {
        packetsReceived += 1
        bytesReceived += packet.payload.count
        headerBytesReceived += packet.headerSize + Int(packet.paddingLength)
        lastPacketReceivedTimestamp = now
        if isRetransmission {
            retransmittedPacketsReceived += 1
            retransmittedBytesReceived += packet.payload.count
        }
    }
}
