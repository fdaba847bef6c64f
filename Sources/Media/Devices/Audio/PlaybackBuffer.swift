/// How much sound a speaker holds: little, as it is heard that much later, but more on a machine that is late with it.
///
/// It grows by 10 ms when the speaker has run dry, or has come within 10 ms of that, and shrinks again by as much when neither has
/// happened for a while; for longer, each time that it turned out to be too early. A machine without its times, without its clock.
package struct PlaybackBuffer {
    /// 10 ms of 48 kHz mono, in bytes: what is asked for at a time.
    package static let block = 960
    /// In blocks: what is held at first, and at most, on a machine that is never in time.
    package static let blocks = 3...10
    /// In nanoseconds: 20 s without trouble before it shrinks, at first and at most.
    private static let patience: ClosedRange<Int64> = 20_000_000_000...320_000_000_000
    /// Trouble within so many nanoseconds, 10 s, after shrinking is shrinking's fault.
    private static let trial: Int64 = 10_000_000_000
    /// For so many nanoseconds, 200 ms, after a beginning or a change what is asked for tells nothing.
    private static let settling: Int64 = 200_000_000
    /// By how much the speaker's clock may be faster than ours: 200 ppm, in nanoseconds for 10 ms.
    private static let drift: Int64 = 2_000
    /// What is asked for within so many nanoseconds, 3 ms, is asked for at once.
    private static let atOnce: Int64 = 3_000_000

    /// What the speaker is to hold, in bytes.
    package var target: Int { held * Self.block }

    private var held = PlaybackBuffer.blocks.lowerBound
    private var patience = PlaybackBuffer.patience.lowerBound
    private var lastTrouble: Int64?
    private var shrunkAt: Int64?
    /// Nil until the speaker begins to play.
    private var settledAt: Int64?
    /// What was written, less what time has passed, in nanoseconds of sound: at its highest the speaker is full.
    private var ahead: Int64 = 0
    private var fullest: Int64 = 0
    private var lastWrite: Int64?

    package init() {}

    /// The speaker begins, with nothing in it.
    package mutating func begin(at now: Int64) {
        (settledAt, lastWrite) = (nil, nil)
        lastTrouble = now
    }

    /// The speaker asks for so much.
    ///
    /// - Returns: whether the target has changed.
    package mutating func willWrite(_ bytes: Int, at now: Int64) -> Bool {
        let passed = lastWrite.map { now - $0 } ?? 0
        lastWrite = now
        ahead -= passed
        let isLate = fullest - ahead > Int64(held - 1) * 10_000_000
        ahead += Int64(bytes) * 10_000_000 / Int64(Self.block)
        if settledAt == nil, passed > Self.atOnce { settledAt = now + Self.settling }
        guard let settledAt, now >= settledAt else {
            fullest = ahead
            return false
        }
        fullest = max(fullest - Self.drift, ahead)
        if isLate { return grow(at: now) }
        guard held > Self.blocks.lowerBound, let lastTrouble, now - lastTrouble >= patience else { return false }
        held -= 1
        (self.lastTrouble, shrunkAt, self.settledAt) = (now, now, now + Self.settling)
        return true
    }

    /// The speaker had nothing left.
    ///
    /// - Returns: whether the target has changed.
    package mutating func ranDry(at now: Int64) -> Bool {
        grow(at: now)
    }

    private mutating func grow(at now: Int64) -> Bool {
        lastTrouble = now
        if let shrunkAt, now - shrunkAt < Self.trial { patience = min(patience * 2, Self.patience.upperBound) }
        shrunkAt = nil
        settledAt = now + Self.settling
        guard held < Self.blocks.upperBound else { return false }
        held += 1
        return true
    }
}
