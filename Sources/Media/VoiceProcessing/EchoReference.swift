import MediaSources

/// What the speaker plays, as an echo canceller wants it: by the microphone's time.
///
/// Both ends tell when their samples are heard. The differences between what they tell waver by a millisecond or two, and a filter
/// that has learnt a room must not be shifted by that: an alignment once found is kept until it is clearly wrong.
struct EchoReference {
    /// More than a second, in samples: of this much the speaker may be ahead of the microphone.
    private static let capacity = 1 << 16
    /// An echo may come so much earlier than the times say before it cannot be found: 30 ms, in samples.
    private static let margin = 1_440
    /// Times that jump by more than this are believed, in nanoseconds: 5 ms, of which a fiftieth is followed otherwise.
    private static let jump: Int64 = 5_000_000
    private static let smoothing: Int64 = 50
    /// An alignment is wrong that is off by so many samples, 5 ms: it is put right at once, as the device has paused or moved.
    private static let largestError = 240
    /// One that is off by more than 2 ms is put right by a sample each 200 ms: clocks differ by less than the 100 ppm that this makes up for.
    private static let smallestError = 96
    private static let slipInterval = 20
    /// Where the times leave less than ``margin`` between the two ends, it is given up as far as that, in samples: to 10 ms after.
    private static let smallestLead = -480
    /// Times are within a century of their origin, in nanoseconds.
    private static let times: ClosedRange<Int64> = -3_155_760_000_000_000_000...3_155_760_000_000_000_000

    private var ring = [Int16](repeating: 0, count: EchoReference.capacity)
    /// Samples told of so far.
    private var written = 0
    /// When the first of them would have been heard, in nanoseconds; nil while nothing can be heard.
    private var origin: Int64?
    /// Which sample belongs to the microphone's next.
    private var position: Int?
    /// How far ahead of the times it is, at present.
    private var lead = EchoReference.margin
    private var blocksSinceSlip = 0
    /// What lies before was heard before the speaker paused, and is not heard again.
    private var firstToCome = 0

    /// Takes note of what is about to be played.
    ///
    /// - Parameter heardAt: when its first sample is heard, in nanoseconds; nil if it is not.
    mutating func append(_ samples: UnsafeBufferPointer<Int16>, heardAt: Int64?) {
        guard let heardAt else {
            origin = nil
            return
        }
        let measured = Self.clamped(heardAt) - Self.nanoseconds(written)
        if let known = origin, abs(measured - known) <= Self.jump {
            origin = known + (measured - known) / Self.smoothing
        } else {
            origin = measured
            lead = Self.margin
        }
        for sample in samples {
            ring[written % Self.capacity] = sample
            written += 1
        }
    }

    /// Copies what is heard while the microphone captures a block, and some time ahead: nothing where nothing is heard then.
    ///
    /// - Parameter capturedAt: when its first sample was captured, in nanoseconds.
    mutating func copy(to block: UnsafeMutableBufferPointer<Int16>, capturedAt: Int64) {
        guard let origin else {
            position = nil
            return block.update(repeating: 0)
        }
        let expected = Int((Self.clamped(capturedAt) - origin) / 1_000 * 48 / 1_000) + lead
        var start = aligned(expected)
        let missing = start + block.count - written
        if missing > 0, lead - missing >= Self.smallestLead {
            lead -= missing
            start -= missing
        }
        let known = max(firstToCome, written - Self.capacity)..<written
        for index in block.indices {
            let source = start + index
            block[index] = known.contains(source) ? ring[source % Self.capacity] : 0
        }
        position = start + block.count
    }

    private mutating func aligned(_ expected: Int) -> Int {
        guard let position else { return expected }
        guard abs(expected - position) <= Self.largestError else {
            if expected < position { firstToCome = min(max(firstToCome, position - lead), written) }
            blocksSinceSlip = 0
            return expected
        }
        blocksSinceSlip += 1
        guard abs(expected - position) > Self.smallestError, blocksSinceSlip >= Self.slipInterval else { return position }
        blocksSinceSlip = 0
        return position + (expected > position ? 1 : -1)
    }

    private static func clamped(_ time: Int64) -> Int64 { min(max(time, times.lowerBound), times.upperBound) }
    private static func nanoseconds(_ samples: Int) -> Int64 { Int64(samples) * 1_000_000 / 48 }
}
