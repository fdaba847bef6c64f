import DequeModule
import Wire

/// How many bits per second went by, over the last second.
public struct RateMeter: Sendable {
    private static let window = Duration.seconds(1)
    private static let slot = Duration.milliseconds(100)

    private var slots: Deque<(start: Instant, bytes: Int)> = []
    private var bytes = 0

    public init() {}

    public mutating func add(_ size: Int, at now: Instant) {
        if let last = slots.last, now - last.start < Self.slot {
            slots[slots.count - 1].bytes += size
        } else {
            slots.append((now, size))
        }
        bytes += size
        trim(at: now)
    }

    public mutating func rate(at now: Instant) -> Int {
        trim(at: now)
        return bytes * 8
    }

    private mutating func trim(at now: Instant) {
        while let first = slots.first, now - first.start >= Self.window {
            bytes -= first.bytes
            slots.removeFirst()
        }
    }
}
