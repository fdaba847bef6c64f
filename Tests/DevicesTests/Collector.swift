import MediaSources

/// Keeps what a device delivers, for a test that waits for it.
final class Collector<Element: Sendable>: Sendable {
    private let elements = Monitor<[Element]>([])

    func add(_ element: Element) {
        elements.update { $0.append(element) }
    }

    var count: Int { elements.withLock { $0.count } }
    var all: [Element] { elements.withLock { $0 } }

    /// The first `count` elements, or what is there after ten seconds.
    func first(_ count: Int) -> [Element] {
        let deadline = MediaClock.monotonicNanoseconds + 10_000_000_000
        return elements.wait(until: deadline) { $0.count >= count ? Array($0.prefix(count)) : nil } ?? all
    }

    /// Waits until `condition` holds; false after ten seconds.
    func wait(for condition: ([Element]) -> Bool) -> Bool {
        let deadline = MediaClock.monotonicNanoseconds + 10_000_000_000
        return elements.wait(until: deadline) { condition($0) ? true : nil } ?? false
    }
}
