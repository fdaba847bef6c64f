import Synchronization

/// Hands out pictures and takes their memory back when the last reference goes, so that a steady stream of pictures of one
/// size allocates no memory.
public final class I420Pool: Sendable {
    private struct State: ~Copyable {
        var free: [Allocation] = []
    }

    /// Memory that no picture uses. Whoever holds it is its only owner.
    private struct Allocation: @unchecked Sendable {
        let memory: UnsafeMutableRawBufferPointer
    }

    private let state = Mutex(State())
    private let limit: Int

    /// - Parameter limit: how many unused pictures' memory is kept. Eight covers a capture, an encoder, a decoder and a
    ///   renderer that hold two each.
    public init(limit: Int = 8) {
        self.limit = limit
    }

    deinit {
        state.withLock { state in
            for allocation in state.free { allocation.memory.deallocate() }
            state.free = []
        }
    }

    /// A picture whose samples are undefined until written. Unused memory of another size is freed.
    public func buffer(width: Int, height: Int) throws(I420Buffer.SizeError) -> I420Buffer {
        let layout = try I420Buffer.Layout(width: width, height: height)
        let reused = state.withLock { state -> Allocation? in
            while let allocation = state.free.popLast() {
                if allocation.memory.count == layout.byteCount { return allocation }
                allocation.memory.deallocate()
            }
            return nil
        }
        return I420Buffer(layout: layout, storage: reused?.memory ?? layout.allocate(), pool: self)
    }

    /// How many pictures' memory waits to be used again.
    public var freeCount: Int {
        state.withLock { $0.free.count }
    }

    func recycle(_ memory: UnsafeMutableRawBufferPointer) {
        let allocation = Allocation(memory: memory)
        let kept = state.withLock { state in
            guard state.free.count < limit else { return false }
            state.free.append(allocation)
            return true
        }
        if !kept { memory.deallocate() }
    }
}
