/// Reads from received sound how long it took from one end to the other: the test tone clicks at each full second of Unix time. True
/// for a sender on the same machine, whose clock is ours.
public struct ClickMeter: Sendable {
    /// A click is far louder than the tone (-3 dBFS beside -20): half way between.
    private static let threshold: UInt16 = 10_000
    /// What is this soon after a click is the click itself.
    private static let pause: Int64 = 500_000_000
    private static let second: Int64 = 1_000_000_000

    private var last: (heardAt: Int64, age: Int64)?

    public init() {}

    /// Takes a block of sound at 48 kHz.
    ///
    /// - Parameter time: when its first sample is heard, in nanoseconds of Unix time.
    public mutating func receive(_ block: [Int16], heardAtUnixNanoseconds time: Int64) {
        guard let index = block.firstIndex(where: { $0.magnitude > Self.threshold }) else { return }
        let heardAt = time &+ Int64(index) * Self.second / Int64(AudioFormat.sampleRate)
        if let last, abs(heardAt &- last.heardAt) < Self.pause { return }
        last = (heardAt, ((heardAt % Self.second) + Self.second) % Self.second)
    }

    /// The age of the last click when it was heard, 0..<1000 ms; `nil` if there was none in the last two seconds.
    ///
    /// - Parameter now: nanoseconds of Unix time.
    public func endToEndMilliseconds(at now: Int64) -> Double? {
        guard let last, now &- last.heardAt < 2 * Self.second else { return nil }
        return Double(last.age) / 1e6
    }
}
