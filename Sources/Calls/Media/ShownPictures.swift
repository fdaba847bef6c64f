import Playout
import Wire

/// When received pictures are shown, and what that amounts to.
struct ShownPictures: Sendable {
    private(set) var freezes = FreezeDetector()
    private var schedule = FrameSchedule()
    private var waited = Duration.zero
    private var count = 0

    /// The mean time that a decoded picture waited to be shown; `nil` before the first.
    var meanDelay: Duration? { count > 0 ? waited / count : nil }

    /// When the last picture was to be shown, see ``FrameSchedule/due``.
    var due: Instant { schedule.due }

    /// When to show the picture that was decoded at `now`.
    mutating func show(_ rtpTimestamp: UInt32, decodedAt now: Instant, heldBack: Duration) -> Instant {
        let time = schedule.show(rtpTimestamp: rtpTimestamp, decodedAt: now, heldBack: heldBack)
        freezes.rendered(at: time)
        waited += time - now
        count += 1
        return time
    }
}
