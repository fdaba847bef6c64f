import Wire

/// How fast one client sends: at most 50 messages and 512 KiB a second, taken over two seconds, so that a burst of
/// candidates passes and a flood does not.
struct MessageRate {
    enum Verdict: Hashable {
        case admitted
        /// The message is to be dropped.
        case limited
        /// It has gone on for too long: the connection is to be closed.
        case exhausted
    }

    /// 50 a second for 2 s.
    static let messageLimit: UInt32 = 100
    /// 512 KiB a second for 2 s.
    static let byteLimit: UInt32 = 1 << 20
    /// How long a client may go on before it is closed.
    static let patience = Duration.seconds(10)
    private static let slotCount = 8
    private static let slotLength: Int64 = 250_000_000

    private var messages = InlineArray<8, UInt32>(repeating: 0)
    private var bytes = InlineArray<8, UInt32>(repeating: 0)
    private var newestSlot: Int64 = .min
    private var limitedSince: Instant?

    /// Counts a message of `size` bytes, dropped or not.
    mutating func count(_ size: Int, at now: Instant) -> Verdict {
        advance(to: now.nanoseconds / Self.slotLength)
        let index = Self.index(newestSlot)
        messages[index] &+= 1
        bytes[index] &+= UInt32(clamping: size)
        var messageSum: UInt32 = 0
        var byteSum: UInt32 = 0
        for index in 0..<Self.slotCount {
            messageSum &+= messages[index]
            byteSum &+= bytes[index]
        }
        guard messageSum > Self.messageLimit || byteSum > Self.byteLimit else {
            limitedSince = nil
            return .admitted
        }
        let since = limitedSince ?? now
        limitedSince = since
        return now - since >= Self.patience ? .exhausted : .limited
    }

    private mutating func advance(to slot: Int64) {
        guard slot > newestSlot else { return }
        let first = max(newestSlot &+ 1, slot - Int64(Self.slotCount) + 1)
        for passed in first...slot {
            messages[Self.index(passed)] = 0
            bytes[Self.index(passed)] = 0
        }
        newestSlot = slot
    }

    private static func index(_ slot: Int64) -> Int {
        Int(slot & Int64(slotCount - 1))
    }
}
