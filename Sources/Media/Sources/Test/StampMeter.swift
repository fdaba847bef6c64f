public import Codecs

/// Reads the stamps of received pictures and keeps what they tell: how long a frame takes from one end to the other, and how
/// many were lost between. True for a sender on the same machine, whose clock is ours.
public struct StampMeter: Sendable {
    /// After this many pictures without a stamp, nothing more is read: a second of them.
    private static let patience = 30
    /// Delays kept: more than the frames of a second of any source.
    private static let capacity = 256
    /// What can be a frame's age, in milliseconds; else the bits only look like a stamp, or the clock is another's.
    private static let plausibleAges: ClosedRange<Int64> = -1_000...60_000

    /// Frames that the counter's gaps show to be lost.
    public private(set) var framesLost = 0
    /// Whether a stamp was ever read.
    public private(set) var hasStamps = false

    private var misses = 0
    private var lastCounter: UInt16?
    private var delays: [(at: Int64, age: Int64)] = []

    public init() {}

    /// Takes a decoded picture.
    ///
    /// - Parameter now: Unix time in milliseconds.
    public mutating func receive(_ picture: I420Buffer, at now: Int64) {
        guard hasStamps || misses < Self.patience else { return }
        guard let stamp = TestStamp(reading: picture) else {
            misses += hasStamps ? 0 : 1
            return
        }
        let age = Int64(Int32(truncatingIfNeeded: now &- Int64(stamp.milliseconds)))
        guard Self.plausibleAges ~= age else {
            misses += hasStamps ? 0 : 1
            return
        }
        hasStamps = true
        if let lastCounter {
            // A step back is a source that began anew.
            let step = stamp.counter &- lastCounter
            if 1...0x7FFF ~= step { framesLost += Int(step) - 1 }
        }
        lastCounter = stamp.counter
        if delays.count == Self.capacity { delays.removeFirst(Self.capacity / 2) }
        delays.append((now, age))
    }

    /// The median over the last second of the time from the making of a frame to its reception, in milliseconds; nil when
    /// no stamp was read in that time.
    public func endToEndMilliseconds(at now: Int64) -> Double? {
        let recent = delays.filter { now - $0.at <= 1_000 }.map(\.age).sorted()
        guard let middle = recent.dropFirst(recent.count / 2).first else { return nil }
        if recent.count.isMultiple(of: 2) { return Double(recent[recent.count / 2 - 1] + middle) / 2 }
        return Double(middle)
    }
}
