/// The playback device's clock, as seen from the moments at which it asks for 10 ms of sound.
///
/// A device asks for several frames at once, or a little late. What counts for the delay is the moment at which a frame would
/// have to be ready even if the device came as early as it ever did lately.
struct PullClock {
    /// Samples per pull.
    static let frame: Int64 = 480
    /// Pulls that are remembered: a third of a second, longer than any device's period.
    private static let memory = 32

    private var offsets: [Int64] = []
    private var pulls: Int64 = 0

    /// Takes note of a pull at `time`, and returns the steady clock's time of it. Both are in samples.
    mutating func pull(at time: Int64) -> Int64 {
        let offset = time &- pulls &* Self.frame
        if offsets.count < Self.memory {
            offsets.append(offset)
        } else {
            offsets[Int(pulls % Int64(Self.memory))] = offset
        }
        defer { pulls += 1 }
        return (offsets.min() ?? offset) &+ pulls &* Self.frame
    }
}
