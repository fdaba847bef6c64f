/// The bytes that the system has not taken yet, in order.
///
/// It stays small by what its users do: pictures wait until it is empty, and so does the rest of the screen.
package struct TerminalOutput {
    /// What is appended beyond this many bytes is dropped: bells and titles for a terminal that takes nothing.
    package static let mostBytes = 1 << 22

    private var pending: [UInt8] = []
    private var offset = 0

    package init() {}

    /// Whether all bytes were taken.
    package var isFlushed: Bool { offset == pending.count }

    package mutating func append(_ bytes: [UInt8]) {
        if isFlushed { discard() }
        guard pending.count + bytes.count <= Self.mostBytes else { return }
        pending += bytes
    }

    /// Gives the bytes that wait to `write`, which says how many it took; nil if it takes none now.
    package mutating func flush(write: (UnsafeRawBufferPointer) -> Int?) {
        while !isFlushed {
            let taken = pending.withUnsafeBytes { write(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
            guard let taken, taken > 0 else { return }
            offset += min(taken, pending.count - offset)
        }
    }

    /// Forgets the bytes that wait.
    package mutating func discard() {
        pending.removeAll(keepingCapacity: true)
        offset = 0
    }
}
