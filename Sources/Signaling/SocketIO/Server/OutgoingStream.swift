import Glibc
import NIOCore

/// What leaves by one client's socket, in order.
///
/// While the socket takes it, it is written right here: for messages of some hundred bytes NIO's way through pipeline and pending
/// writes costs as much as the kernel's. What the socket does not take is the channel's to write. Nothing else in the pipeline
/// may make other bytes of it (as TLS would).
package final class OutgoingStream {
    private let channel: any Channel
    private let descriptor: NIOBSDSocket.Handle?
    private var queue = OutgoingQueue()
    /// Writes that the channel has not carried out yet, whose bytes come before all others.
    private var pending = 0

    /// - Parameter channel: has written all that it was given before.
    package init(_ channel: any Channel) {
        self.channel = channel
        descriptor = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
    }

    package var isEmpty: Bool { queue.isEmpty }
    package var count: Int { queue.count }

    package func append(_ frame: ByteBuffer) {
        queue.append(frame)
    }

    /// Writes what socket and channel take.
    ///
    /// - Returns: how many bytes that was.
    package func flush() -> Int {
        var total = 0
        while !queue.isEmpty, channel.isWritable, var chunk = queue.next() {
            total += chunk.readableBytes
            send(&chunk)
            if chunk.readableBytes > 0 { hand(chunk) }
        }
        return total
    }

    /// Hands all that waits to the channel, for it to be written before the channel closes.
    package func finish() {
        while let chunk = queue.next() { hand(chunk) }
    }

    package func discard() {
        queue = OutgoingQueue()
    }

    /// Takes what the socket takes away from `chunk`.
    private func send(_ chunk: inout ByteBuffer) {
        // The descriptor is the channel's only as long as that is open.
        guard let descriptor, pending == 0, channel.isActive else { return }
        // An error is left to the channel, which meets it again.
        let sent = chunk.withUnsafeReadableBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if sent > 0 { chunk.moveReaderIndex(forwardBy: sent) }
    }

    private func hand(_ chunk: ByteBuffer) {
        let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
        let promise = channel.eventLoop.makePromise(of: Void.self)
        pending += 1
        promise.futureResult.whenComplete { _ in bound.value.pending -= 1 }
        channel.writeAndFlush(chunk, promise: promise)
    }
}
