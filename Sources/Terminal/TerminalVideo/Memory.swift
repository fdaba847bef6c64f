/// Memory for a fixed number of trivial values, all bits zero at first.
///
/// What is shared between threads is never written after it was made.
///
/// Arrays would do, but for the checks and the closures that every access to their memory takes.
final class Memory<Element: BitwiseCopyable>: @unchecked Sendable {
    let base: UnsafeMutablePointer<Element>
    let count: Int

    init(count: Int) {
        self.count = max(1, count)
        let bytes = UnsafeMutableRawPointer.allocate(
            byteCount: self.count * MemoryLayout<Element>.stride, alignment: max(16, MemoryLayout<Element>.alignment))
        bytes.initializeMemory(as: UInt8.self, repeating: 0, count: self.count * MemoryLayout<Element>.stride)
        base = bytes.bindMemory(to: Element.self, capacity: self.count)
    }

    convenience init(_ values: [Element]) {
        self.init(count: values.count)
        for (index, value) in values.enumerated() { base[index] = value }
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }
}
