import NIOCore
import NIOPosix
import SignalingProtocol
import SignalingServer
import Synchronization
import Testing

/// A TCP connection that is fed bytes by hand and remembers what came back.
final class RawSocket: Sendable {
    private struct State {
        var received: [UInt8] = []
        var count = 0
        var isClosed = false
        /// Grows with everything that happens.
        var version = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let channel = Mutex<(any Channel)?>(nil)

    /// - Parameter receiveBuffer: what the kernel keeps for us, where that is to be little.
    init(port: Int, receiveBuffer: Int? = nil) async throws {
        var bootstrap = ClientBootstrap(group: NIOSingletons.posixEventLoopGroup)
        if let receiveBuffer {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: .init(receiveBuffer))
        }
        let connected =
            try await bootstrap
            .channelInitializer { [weak self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector { self?.collect($0) })
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        channel.withLock { $0 = connected }
    }

    /// A WebSocket on which nothing has been sent yet.
    static func upgraded(
        _ server: SignalingServer, path: String = "/ws", headers: String = "", receiveBuffer: Int? = nil
    ) async throws -> RawSocket {
        let socket = try await RawSocket(port: server.port, receiveBuffer: receiveBuffer)
        socket.send(
            "GET \(path) HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\(headers)\r\n")
        let head = try #require(await socket.head())
        #expect(head.hasPrefix("HTTP/1.1 101 "))
        #expect(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        return socket
    }

    /// A WebSocket that has joined.
    static func joined(_ server: SignalingServer, _ name: String) async throws -> (RawSocket, Joined) {
        let socket = try await upgraded(server)
        socket.send(.join(Join(name: name)))
        guard case .joined(let joined)? = await socket.message() else { throw ChannelError.eof }
        return (socket, joined)
    }

    private func collect(_ bytes: ByteBuffer?) {
        state.withLock { state in
            if let bytes {
                state.received += Array(bytes.readableBytesView)
                state.count += bytes.readableBytes
            } else {
                state.isClosed = true
            }
            state.version += 1
        }
        wake()
    }

    private func wake() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Bytes that came so far, taken or not.
    var count: Int { state.withLock { $0.count } }

    func send(_ bytes: [UInt8]) {
        channel.withLock { $0 }?.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    func send(_ text: String) {
        send(Array(text.utf8))
    }

    func send(_ message: ClientMessage) {
        send(Self.frame(1, message.json()))
    }

    /// A text frame.
    func sendText(_ text: String) {
        send(Self.frame(1, Array(text.utf8)))
    }

    /// A frame as a client writes it, unless it is to be wrong.
    static func frame(_ opcode: UInt8, _ payload: [UInt8], fin: Bool = true, masked: Bool = true, length: UInt64? = nil) -> [UInt8] {
        var bytes = [opcode | (fin ? 0x80 : 0)]
        let length = length ?? UInt64(payload.count)
        let mask: UInt8 = masked ? 0x80 : 0
        switch length {
        case ...125: bytes.append(UInt8(length) | mask)
        case ...0xffff: bytes += [126 | mask, UInt8(length >> 8), UInt8(length & 255)]
        default: bytes += [127 | mask] + (0..<8).map { UInt8(truncatingIfNeeded: length >> (56 - 8 * $0)) }
        }
        guard masked else { return bytes + payload }
        let key: [UInt8] = [1, 2, 3, 4]
        return bytes + key + payload.enumerated().map { $1 ^ key[$0 & 3] }
    }

    /// Stops reading, as somebody on a bad line does.
    func stopReading() async throws {
        try await channel.withLock { $0 }?.setOption(.autoRead, value: false).get()
    }

    func startReading() async throws {
        try await channel.withLock { $0 }?.setOption(.autoRead, value: true).get()
    }

    func close() {
        channel.withLock { $0 }?.close(promise: nil)
    }

    /// Waits until `take` makes something of what was received, and removes it; `nil` when the connection, or the test's time,
    /// ended first.
    func wait<T: Sendable>(_ take: @Sendable (inout [UInt8]) -> T?) async -> T? {
        while !Task.isCancelled {
            let (found, isClosed, version): (T?, Bool, Int) = state.withLock { (take(&$0.received), $0.isClosed, $0.version) }
            if let found { return found }
            if isClosed { return nil }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isReady = state.withLock { state in
                        guard state.version == version, !Task.isCancelled else { return true }
                        state.waiters.append(continuation)
                        return false
                    }
                    if isReady { continuation.resume() }
                }
            } onCancel: {
                wake()
            }
        }
        return nil
    }

    /// An HTTP answer's head.
    func head() async -> String? {
        await wait { bytes in
            guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
            defer { bytes.removeSubrange(..<end.upperBound) }
            return String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        }
    }

    /// What follows `prefix` on the next line that begins with it.
    func line(_ prefix: String) async -> String? {
        await wait { bytes in
            guard let start = bytes.firstRange(of: Array("\n\(prefix)".utf8)),
                let end = bytes[start.upperBound...].firstIndex(of: UInt8(ascii: "\n"))
            else { return nil }
            defer { bytes.removeSubrange(...end) }
            return String(decoding: bytes[start.upperBound..<end], as: UTF8.self)
        }
    }

    /// Everything up to the end of the connection.
    func restBytes() async -> [UInt8] {
        while await wait({ _ in nil as Bool? }) != nil {}
        return state.withLock { $0.received }
    }

    func rest() async -> String {
        String(decoding: await restBytes(), as: UTF8.self)
    }

    /// The next frame of the server's.
    func nextFrame() async -> (opcode: UInt8, payload: [UInt8])? {
        await wait { bytes in
            guard bytes.count >= 2 else { return nil }
            var header = 2
            var length = Int(bytes[1])
            if length == 126 {
                guard bytes.count >= 4 else { return nil }
                length = Int(bytes[2]) << 8 | Int(bytes[3])
                header = 4
            } else if length == 127 {
                guard bytes.count >= 10 else { return nil }
                length = bytes[2..<10].reduce(0) { $0 << 8 | Int($1) }
                header = 10
            }
            guard bytes.count >= header + length else { return nil }
            defer { bytes.removeSubrange(..<(header + length)) }
            return (bytes[0], Array(bytes[header..<(header + length)]))
        }
    }

    /// The next message, pings apart; `nil` when the connection is closed first.
    func message() async -> ServerMessage? {
        while let (opcode, payload) = await nextFrame() {
            if opcode == 0x81 { return try? ServerMessage(json: payload.span) }
            if opcode == 0x88 { return nil }
        }
        return nil
    }

    func error() async -> ServerError? {
        while let message = await message() {
            if case .error(let error) = message { return error }
        }
        return nil
    }

    /// The code of the close frame, whatever comes before it; `nil` if the connection ends without one.
    func closeCode() async -> UInt16? {
        while let (opcode, payload) = await nextFrame() {
            if opcode == 0x88 { return payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : 0 }
        }
        return nil
    }
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// `nil` is the end.
    private let collect: (ByteBuffer?) -> Void

    init(_ collect: @escaping (ByteBuffer?) -> Void) {
        self.collect = collect
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        collect(unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) {
        collect(nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
