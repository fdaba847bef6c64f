import Foundation
import MediaSources

/// Keeps what a source delivers, for a test that waits for it.
final class Collector<Element: Sendable>: Sendable {
    private let elements = Monitor<[Element]>([])

    func add(_ element: Element) {
        elements.update { $0.append(element) }
    }

    var count: Int { elements.withLock { $0.count } }

    /// The first `count` elements, or what is there after ten seconds.
    func first(_ count: Int) -> [Element] {
        let deadline = MediaClock.monotonicNanoseconds + 10_000_000_000
        return elements.wait(until: deadline) { $0.count >= count ? Array($0.prefix(count)) : nil } ?? elements.withLock { $0 }
    }
}

/// A directory of its own for a test's files. A suite holds it, so that it lasts as long as the test.
final class Scratch {
    private let directory = FileManager.default.temporaryDirectory.appendingPathComponent("glyphone-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: directory)
    }

    func path(_ name: String) -> String {
        directory.appendingPathComponent(name).path
    }

    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Data(bytes).write(to: directory.appendingPathComponent(name))
        return path(name)
    }
}

func bytes(ofFile path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}
