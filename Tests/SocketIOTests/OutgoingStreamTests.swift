import Glibc
import NIOCore
import NIOPosix
import SocketIO
import Testing

/// What a client gets whose socket does not take all at once.
@Suite struct OutgoingStreamTests {
    /// Writes on when the channel can.
    private final class Writer: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let stream: NIOLoopBound<OutgoingStream>

        init(_ stream: NIOLoopBound<OutgoingStream>) { self.stream = stream }

        func channelWritabilityChanged(context: ChannelHandlerContext) { _ = stream.value.flush() }
    }

    @Test func `a client that reads late gets every byte, in order`() async throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let reader = ends[1]
        defer { close(reader) }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(reader, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))

        // So little room that of a chunk only a part has any.
        var room: Int32 = 16_384
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, socklen_t(MemoryLayout<Int32>.size))

        // Far more than the sockets' buffers hold, of a length that no buffer's is a multiple of.
        let messages = (0..<3001).map { message in (0..<701).map { UInt8(truncatingIfNeeded: message &* 31 &+ $0 &* 7) } }
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).withConnectedSocket(ends[0]).get()
        let waits = try await channel.eventLoop.submit {
            let stream = OutgoingStream(channel)
            try channel.pipeline.syncOperations.addHandler(Writer(NIOLoopBound(stream, eventLoop: channel.eventLoop)))
            for message in messages {
                stream.append(ByteBuffer(bytes: message))
                _ = stream.flush()
            }
            return stream.count
        }.get()
        #expect(waits > 0, "the socket takes everything: this shows nothing")

        let expected = messages.flatMap(\.self)
        var received: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while received.count < expected.count, case let count = read(reader, &part, part.count), count > 0 {
            received += part[..<count]
        }
        #expect(received.count == expected.count)
        // Not as an expectation of two arrays: these would be compared byte by byte for a report.
        let isSame = received == expected
        #expect(isSame)
        try await channel.close()
    }
}
