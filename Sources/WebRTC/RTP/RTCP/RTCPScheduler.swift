import DequeModule
import Wire

/// Decides when RTCP is sent, and puts compound packets together (RFC 3550 sections 6.1 to 6.3, RFC 4585, RFC 5506).
///
/// Reports go out regularly, at random distances; NACK and picture loss go out at once. The content of reports comes from
/// the streams: on ``Output/reportsNeeded`` the owner collects it and answers with ``Input/reports(_:)``.
public struct RTCPScheduler: Machine, Sendable {
    public struct Configuration: Hashable, Sendable {
        /// The SSRC that reports are sent from when no stream sends.
        public var ssrc: UInt32
        /// The other local sources, named in SDES and BYE.
        public var sources: [UInt32]
        public var cname: String
        /// Whether feedback may go without a report before it (`a=rtcp-rsize`).
        public var reducedSize: Bool
        /// The mean time between reports: 1 s with video, 5 s for audio alone.
        public var interval: Duration

        public init(ssrc: UInt32, sources: [UInt32] = [], cname: String, reducedSize: Bool = false, interval: Duration = .seconds(1)) {
            self.ssrc = ssrc
            self.sources = sources
            self.cname = cname
            self.reducedSize = reducedSize
            self.interval = interval
        }
    }

    /// What there is to report.
    public struct Reports: Hashable, Sendable {
        /// Of the streams that send, without report blocks.
        public var senders: [SenderReport]
        /// On the sources that are received.
        public var blocks: [ReportBlock]
        /// Blocks of an extended report.
        public var extended: [ExtendedReport.Block]

        public init(senders: [SenderReport] = [], blocks: [ReportBlock] = [], extended: [ExtendedReport.Block] = []) {
            self.senders = senders
            self.blocks = blocks
            self.extended = extended
        }
    }

    public enum Input: Hashable, Sendable {
        /// The transport is ready: reports begin.
        case start
        /// To be sent at once.
        case feedback(RTCPPacket)
        /// To be sent with the next reports.
        case reports(Reports)
        /// Says BYE; nothing is sent afterwards.
        case close
        case timeout
    }

    public enum Output: Hashable, Sendable {
        case reportsNeeded
        /// A compound packet of at most 1160 bytes, to be protected and sent.
        case transmit([UInt8])
    }

    public var configuration: Configuration
    private var random: RandomSource
    private var nextReport: Instant?
    private var isClosed = false
    private var feedback: Deque<RTCPPacket> = []
    private var outputs: Deque<Output> = []

    /// Feedback that waits to be put into a packet: it leaves with the next output, so more only comes of a fault.
    private static let maximumFeedback = 256
    /// What SRTCP's tag and index leave of a datagram of 1200 bytes.
    public static let maximumSize = 1160

    public init(_ configuration: Configuration, random: RandomSource) {
        self.configuration = configuration
        self.random = random
    }

    public var deadline: Instant? { nextReport }

    public mutating func handle(_ input: Input, at now: Instant) {
        guard !isClosed else { return }
        switch input {
        case .start:
            // RFC 3550 section 6.2: the first after half the interval.
            if nextReport == nil { schedule(configuration.interval / 2, at: now) }
        case .feedback(let packet): if feedback.count < Self.maximumFeedback { feedback.append(packet) }
        case .reports(let reports): compose(reports)
        case .close:
            flushFeedback()
            let sources = [configuration.ssrc] + configuration.sources.filter { $0 != configuration.ssrc }
            outputs.append(.transmit(RTCPPacket.encode(head + [.goodbye(Goodbye(sources: sources))])))
            isClosed = true
            nextReport = nil
        case .timeout: break
        }
        if let nextReport, nextReport <= now {
            outputs.append(.reportsNeeded)
            schedule(configuration.interval, at: now)
        }
    }

    public mutating func nextOutput() -> Output? {
        flushFeedback()
        return outputs.popFirst()
    }

    /// RFC 3550 section 6.3.1: between half and one and a half times the interval, so that the ends do not fall into step.
    private mutating func schedule(_ interval: Duration, at now: Instant) {
        let mean = max(.milliseconds(20), interval).nanoseconds
        nextReport = now + .nanoseconds(Int64.random(in: (mean / 2)...(mean / 2 &* 3), using: &random))
    }

    /// What a compound must start with: an empty receiver report, and the name.
    private var head: [RTCPPacket] {
        let name = SourceDescription(chunks: [.init(ssrc: configuration.ssrc, cname: configuration.cname)])
        return [.receiverReport(ReceiverReport(ssrc: configuration.ssrc)), .sourceDescription(name)]
    }

    private var sourceDescription: RTCPPacket {
        let sources = [configuration.ssrc] + configuration.sources.filter { $0 != configuration.ssrc }
        return .sourceDescription(SourceDescription(chunks: sources.prefix(8).map { .init(ssrc: $0, cname: configuration.cname) }))
    }

    /// The blocks go with the first sender report, or with a receiver report, and with further receiver reports if they are many.
    private mutating func compose(_ reports: Reports) {
        var senders = reports.senders
        var blocks = reports.blocks[...]
        var first: RTCPPacket
        if senders.isEmpty {
            first = .receiverReport(ReceiverReport(ssrc: configuration.ssrc, reports: Array(blocks.prefix(ReportBlock.maximumCount))))
        } else {
            var sender = senders.removeFirst()
            sender.reports = Array(blocks.prefix(ReportBlock.maximumCount))
            first = .senderReport(sender)
        }
        blocks = blocks.dropFirst(ReportBlock.maximumCount)
        var packets = [first, sourceDescription] + senders.map { .senderReport($0) }
        while !blocks.isEmpty {
            packets.append(
                .receiverReport(ReceiverReport(ssrc: configuration.ssrc, reports: Array(blocks.prefix(ReportBlock.maximumCount)))))
            blocks = blocks.dropFirst(ReportBlock.maximumCount)
        }
        if !reports.extended.isEmpty { packets.append(.extendedReport(ExtendedReport(ssrc: configuration.ssrc, blocks: reports.extended))) }
        transmit(packets + feedback, reducedSize: false)
        feedback.removeAll(keepingCapacity: true)
    }

    private mutating func flushFeedback() {
        if feedback.isEmpty { return }
        let packets = Array(feedback)
        feedback.removeAll(keepingCapacity: true)
        transmit(configuration.reducedSize ? packets : head + packets, reducedSize: configuration.reducedSize)
    }

    /// Sends the packets in as few datagrams as hold them in order, each a valid compound.
    private mutating func transmit(_ packets: [RTCPPacket], reducedSize: Bool) {
        var datagram: [UInt8] = []
        for packet in packets {
            let bytes = packet.encoded()
            if !datagram.isEmpty, datagram.count + bytes.count > Self.maximumSize {
                outputs.append(.transmit(datagram))
                datagram = reducedSize ? [] : RTCPPacket.encode(head)
            }
            datagram += bytes
        }
        if !datagram.isEmpty { outputs.append(.transmit(datagram)) }
    }
}
