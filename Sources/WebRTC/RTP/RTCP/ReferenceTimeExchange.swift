import Wire

/// Measures the round trip of an end that sends no media, and lets the other end measure its own (RFC 3611 sections 4.4, 4.5).
///
/// Sender and receiver reports measure it for those that send; this is for the others.
public struct ReferenceTimeExchange: Sendable {
    /// Remote reporters whose times are to be answered: in a call there is one.
    private static let maximumReporters = 16

    /// The SSRC that our extended reports are sent from.
    public var ssrc: UInt32
    /// The last measured round trip; `nil` before an answer has come.
    public private(set) var roundTripTime: Duration?
    private let wallClock: WallClock
    private var received: [(ssrc: UInt32, time: NTPTime, arrival: Instant)] = []

    public init(ssrc: UInt32, wallClock: WallClock) {
        self.ssrc = ssrc
        self.wallClock = wallClock
    }

    /// Takes a remote end's time, or its answer to ours.
    public mutating func handle(_ report: ExtendedReport, at now: Instant) {
        for block in report.blocks {
            switch block {
            case .receiverReferenceTime(let time):
                received.removeAll { $0.ssrc == report.ssrc }
                if received.count == Self.maximumReporters { received.removeFirst() }
                received.append((report.ssrc, time, now))
            case .delaySinceLastReceiverReport(let answers):
                for answer in answers where answer.ssrc == ssrc {
                    let measured = RoundTrip.measure(
                        last: answer.lastReceiverReport, delay: answer.delaySinceLastReceiverReport, now: wallClock.ntp(at: now))
                    roundTripTime = measured ?? roundTripTime
                }
            case .unknown: break
            }
        }
    }

    /// The blocks for the next report: answers to the times that came since the last one, and our own time if we send no media.
    public mutating func takeBlocks(sendsMedia: Bool, at now: Instant) -> [ExtendedReport.Block] {
        var blocks: [ExtendedReport.Block] = []
        if !sendsMedia { blocks.append(.receiverReferenceTime(wallClock.ntp(at: now))) }
        if !received.isEmpty {
            blocks.append(
                .delaySinceLastReceiverReport(
                    received.map {
                        .init(
                            ssrc: $0.ssrc, lastReceiverReport: $0.time.compact,
                            delaySinceLastReceiverReport: RoundTrip.units(now - $0.arrival))
                    }))
            received.removeAll(keepingCapacity: true)
        }
        return blocks
    }
}
