/// What RFC 3550 appendix A keeps of a source: whether its sequence numbers are in order (A.1), losses (A.3), jitter (A.8).
struct SourceState: Sendable {
    enum Verdict: Equatable {
        /// In order, or late by little: the extended sequence number.
        case valid(Int64)
        /// As `valid`, and the source has started anew: nothing before counts.
        case restarted(Int64)
        /// The source is still on probation, or the number is far from the others.
        case invalid
    }

    /// Packets in sequence before a source counts as valid. RFC 3550 says 2, against stray packets; behind SRTP there are
    /// none, and dropping the first packet would cost a key frame.
    let minimumSequential: Int
    /// Numbers that may be left out at once.
    static let maximumDropout: UInt16 = 3000
    /// How late a packet may be. RFC 3550 says 100; plain retransmissions come later than that.
    static let maximumMisorder: UInt16 = 1000

    private var highest: UInt16 = 0
    /// Wraps of the sequence number, times 2^16.
    private var cycles: Int64 = 0
    private var base: Int64 = 0
    private var badSequenceNumber: UInt16?
    private var probation: Int?
    private var received: Int64 = 0
    private var expectedPrior: Int64 = 0
    private var receivedPrior: Int64 = 0

    init(minimumSequential: Int = 1) { self.minimumSequential = max(1, minimumSequential) }

    private var isValid: Bool { probation == 0 }

    /// The highest extended sequence number; `nil` before the source is valid.
    var extendedHighest: Int64? { isValid ? cycles + Int64(highest) : nil }

    private var expected: Int64 { (extendedHighest ?? base - 1) - base + 1 }

    /// Packets lost since the beginning; negative if there were more duplicates.
    var lost: Int64 { expected - received }

    mutating func update(_ sequenceNumber: UInt16) -> Verdict {
        guard let probation else {
            probation = minimumSequential
            highest = sequenceNumber &- 1
            return update(sequenceNumber)
        }
        if probation > 0 {
            guard sequenceNumber == highest &+ 1 else {
                self.probation = minimumSequential - 1
                highest = sequenceNumber
                return .invalid
            }
            self.probation = probation - 1
            highest = sequenceNumber
            return probation == 1 ? start(at: sequenceNumber) : .invalid
        }
        let distance = sequenceNumber &- highest
        if distance < Self.maximumDropout {
            if sequenceNumber < highest { cycles += 1 << 16 }
            highest = sequenceNumber
        } else if distance <= 0 &- Self.maximumMisorder {
            // Two in sequence after a jump: the other end started anew without telling.
            guard sequenceNumber == badSequenceNumber else {
                badSequenceNumber = sequenceNumber &+ 1
                return .invalid
            }
            return start(at: sequenceNumber)
        }
        received += 1
        return .valid(extend(sequenceNumber))
    }

    private mutating func start(at sequenceNumber: UInt16) -> Verdict {
        probation = 0
        highest = sequenceNumber
        cycles = 0
        base = Int64(sequenceNumber)
        badSequenceNumber = nil
        received = 1
        expectedPrior = 0
        receivedPrior = 0
        return .restarted(Int64(sequenceNumber))
    }

    /// The extended form of a number near the highest.
    func extend(_ sequenceNumber: UInt16) -> Int64 { cycles + Int64(highest) + Int64(Int16(bitPattern: sequenceNumber &- highest)) }

    /// The part of packets lost since the last call, in 1/256 (A.3).
    mutating func takeFractionLost() -> UInt8 {
        let expectedInterval = expected - expectedPrior
        let receivedInterval = received - receivedPrior
        expectedPrior = expected
        receivedPrior = received
        let lostInterval = expectedInterval - receivedInterval
        guard expectedInterval > 0, lostInterval > 0 else { return 0 }
        return UInt8(min(255, (lostInterval << 8) / expectedInterval))
    }
}

/// Interarrival jitter (RFC 3550 appendix A.8).
struct InterarrivalJitter: Sendable {
    private var last: (transit: UInt32, timestamp: UInt32)?
    /// Sixteen times the jitter.
    private var scaled: Int64 = 0

    /// In timestamp units.
    var value: UInt32 { UInt32(clamping: scaled >> 4) }

    /// Counts a packet that came in order.
    ///
    /// Packets with the timestamp of the one before are left out, as browsers do: the packets of a picture leave one after
    /// the other, which is no jitter of the network. So are leaps of more than `limit`, after which a source goes on elsewhere.
    /// - Parameters:
    ///   - arrival: in timestamp units, from any origin.
    ///   - limit: in timestamp units.
    mutating func update(arrival: UInt32, timestamp: UInt32, limit: Int64) {
        let transit = arrival &- timestamp
        guard let last else {
            last = (transit, timestamp)
            return
        }
        guard timestamp != last.timestamp else { return }
        self.last = (transit, timestamp)
        let difference = abs(Int64(Int32(bitPattern: transit &- last.transit)))
        if difference <= limit { scaled += difference - ((scaled + 8) >> 4) }
    }

    mutating func restart() { last = nil }
}
