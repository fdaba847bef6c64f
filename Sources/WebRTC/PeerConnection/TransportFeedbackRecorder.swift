import RTP
import Wire

/// Notes when packets with transport-wide sequence numbers came, and tells the other side at intervals
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01), so that its bandwidth estimate can work.
struct TransportFeedbackRecorder {
    /// What an estimator wants where pictures flow, and libwebrtc's default, which is for sound alone: there feedback would
    /// be a great part of the traffic.
    static let intervals = (short: Duration.milliseconds(50), usual: Duration.milliseconds(100))
    /// Packets in a report from which on the next one comes sooner: more than sound has in the longer interval.
    private static let many = 8
    /// Numbers in one report: more than any call sends in an interval.
    private static let maximumSpan: Int64 = 2048

    private var unwrapper = SequenceUnwrapper<UInt16>()
    private var arrivals: [(number: Int64, at: Instant)] = []
    private var nextBase: Int64?
    private var feedbackCount: UInt8 = 0
    private(set) var deadline: Instant?
    private var interval = Self.intervals.usual

    mutating func record(_ number: UInt16, at now: Instant) {
        let extended = unwrapper.unwrap(number)
        if let nextBase, extended < nextBase - Self.maximumSpan || extended > nextBase + Self.maximumSpan {
            // The other side counts anew: what came before can't be reported beside it.
            arrivals = []
            self.nextBase = nil
        }
        arrivals.append((extended, now))
        deadline = deadline ?? now + interval
    }

    /// The report that is due, if one is.
    mutating func feedback(at now: Instant, sender: UInt32, media: UInt32) -> TransportFeedback? {
        guard let due = deadline, due <= now else { return nil }
        deadline = nil
        let usual = arrivals.count * Int(Self.intervals.usual / interval)
        interval = usual >= Self.many ? Self.intervals.short : Self.intervals.usual
        // A number that comes after its report is reported again, from there on.
        arrivals.sort { $0.number < $1.number }
        guard let first = arrivals.first, let last = arrivals.last else { return nil }
        let base = min(nextBase ?? first.number, first.number)
        guard last.number - base < Self.maximumSpan else {
            arrivals = []
            nextBase = last.number + 1
            return nil
        }
        let earliest = arrivals.map(\.at).min() ?? now
        let reference = earliest.nanoseconds / TransportFeedback.referenceTimeUnit.nanoseconds
        var previous = reference * TransportFeedback.referenceTimeUnit.nanoseconds / TransportFeedback.deltaUnit.nanoseconds
        var deltas: [Int32?] = []
        var index = 0
        for number in base...last.number {
            guard index < arrivals.count, arrivals[index].number == number else {
                deltas.append(nil)
                continue
            }
            let ticks = arrivals[index].at.nanoseconds / TransportFeedback.deltaUnit.nanoseconds
            deltas.append(Int32(clamping: ticks - previous))
            previous = ticks
            while index < arrivals.count, arrivals[index].number == number { index += 1 }
        }
        arrivals = []
        nextBase = last.number + 1
        defer { feedbackCount &+= 1 }
        return TransportFeedback(
            senderSSRC: sender, mediaSSRC: media, baseSequenceNumber: UInt16(truncatingIfNeeded: base),
            referenceTime: UInt32(truncatingIfNeeded: reference), feedbackPacketCount: feedbackCount, deltas: deltas)
    }
}
