import DequeModule

/// The frames of sound sent last, which packets after them may repeat (RFC 2198).
struct RepeatableFrames: Sendable {
    /// What the timestamp offset of a copy reaches: 17 frames of 20 ms.
    private static let limit = 16

    private var frames: Deque<(timestamp: UInt32, payload: [UInt8])> = []

    mutating func append(_ payload: [UInt8], timestamp: UInt32) {
        if frames.count == Self.limit { frames.removeFirst() }
        frames.append((timestamp, payload))
    }

    /// What comes next does not follow what was before: a silence that was not sent lies between.
    mutating func removeAll() {
        frames.removeAll(keepingCapacity: true)
    }

    /// Copies of the frames at these distances (1 is the last), the oldest first; those that are gone or do not fit are left out.
    func copies(_ distances: [Int], before timestamp: UInt32, payloadType: UInt8) -> [RedundantAudio.Copy] {
        Set(distances).sorted(by: >).compactMap { distance in
            guard distance >= 1, distance <= frames.count else { return nil }
            let frame = frames[frames.count - distance]
            let offset = timestamp &- frame.timestamp
            guard offset <= RedundantAudio.maximumOffset, frame.payload.count <= RedundantAudio.maximumCopySize else { return nil }
            return RedundantAudio.Copy(payloadType: payloadType, timestampOffset: offset, payload: frame.payload)
        }
    }
}
