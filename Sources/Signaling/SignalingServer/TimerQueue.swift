import DequeModule
import Wire

/// Timers that all run equally long, so that they end in the order in which they began.
///
/// A timer is not cancelled: whoever takes it checks whether it still means anything.
struct TimerQueue<Element> {
    let duration: Duration
    private var entries: Deque<(deadline: Instant, element: Element)> = []

    init(_ duration: Duration) {
        self.duration = duration
    }

    var deadline: Instant? { entries.first?.deadline }

    mutating func start(_ element: Element, at now: Instant) {
        entries.append((now + duration, element))
    }

    /// Takes the next timer that has ended.
    mutating func next(at now: Instant) -> Element? {
        guard let first = entries.first, first.deadline <= now else { return nil }
        entries.removeFirst()
        return first.element
    }
}
