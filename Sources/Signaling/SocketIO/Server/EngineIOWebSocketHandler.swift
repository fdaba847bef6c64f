import NIOCore
import NIOWebSocket

/// A client's WebSocket: frames to packets and back.
final class EngineIOWebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = ByteBuffer

    /// A message in more pieces than this is no message but a way to keep us busy.
    private static let fragmentLimit = 1_024
    /// How long a client may take to read the close frame and hang up.
    private static let lingerTime = TimeAmount.seconds(5)

    private let client: EngineIOClient
    private let channel: any Channel
    private let limit: Int
    private var message: (data: ByteBuffer, isBinary: Bool, fragments: Int)?
    private var isClosing = false
    private var linger: Scheduled<Void>?
    private var needsFlush = false

    init(client: EngineIOClient, limit: Int, channel: any Channel) {
        self.client = client
        self.limit = limit
        self.channel = channel
    }

    func handlerAdded(context: ChannelHandlerContext) {
        client.attach(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        let frame = unwrapInboundIn(data)
        // RFC 6455 sections 5.1 and 5.2: clients mask, and nobody uses reserved bits without an extension.
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return fail(1002) }
        switch frame.opcode {
        case .text, .binary: begin(frame)
        case .continuation: proceed(frame)
        case .ping: pong(frame.unmaskedData)
        case .pong: break
        case .connectionClose: clientCloses(frame.unmaskedData)
        default: fail(1002)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        client.readCompleted()
    }

    private func begin(_ frame: WebSocketFrame) {
        guard message == nil else { return fail(1002) }
        let isBinary = frame.opcode == .binary
        if frame.fin {
            client.handle(.socketReceived(frame.unmaskedData, isBinary: isBinary), from: self)
        } else {
            message = (frame.unmaskedData, isBinary, 1)
        }
    }

    private func proceed(_ frame: WebSocketFrame) {
        guard case (var data, let isBinary, var fragments)? = message else { return fail(1002) }
        message = nil
        fragments += 1
        guard data.readableBytes + frame.length <= limit else { return client.handle(.oversized, from: self) }
        guard fragments <= Self.fragmentLimit else { return fail(1008) }
        data.writeImmutableBuffer(frame.unmaskedData)
        if frame.fin {
            client.handle(.socketReceived(data, isBinary: isBinary), from: self)
        } else {
            message = (data, isBinary, fragments)
        }
    }

    /// - Parameter data: at most 125 bytes, which NIO's decoder sees to (RFC 6455 section 5.5).
    private func pong(_ data: ByteBuffer) {
        var frame = ByteBuffer()
        frame.writeWebSocketHeader(opcode: 10, length: data.readableBytes)
        frame.writeImmutableBuffer(data)
        write(frame)
    }

    private func clientCloses(_ data: ByteBuffer) {
        var data = data
        let code = data.readInteger(as: UInt16.self)
        isClosing = true
        channel.writeAndFlush(Self.closeFrame(code == 1000 || code == 1001 ? 1000 : code ?? 1000), promise: nil)
        client.handle(.socketClosed(code: code), from: self)
        channel.close(promise: nil)
    }

    /// The client broke the rules of WebSocket itself.
    private func fail(_ code: UInt16) {
        client.handle(.socketClosed(code: nil), from: self)
        close(code: code)
    }

    private static func closeFrame(_ code: UInt16) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeWebSocketHeader(opcode: 8, length: 2)
        frame.writeInteger(code)
        return frame
    }

    // MARK: What the client asks for

    func write(_ frame: EngineIOFrame) {
        write(frame.webSocket)
    }

    private func write(_ frame: ByteBuffer) {
        guard !isClosing else { return }
        needsFlush = true
        channel.write(frame, promise: nil)
    }

    func flush() {
        guard needsFlush else { return }
        needsFlush = false
        channel.flush()
    }

    /// Says good-bye, and goes on reading for a while without listening: a socket closed with unread bytes would be reset, and
    /// the client never see why.
    func close(code: UInt16) {
        guard !isClosing else { return }
        isClosing = true
        message = nil
        channel.writeAndFlush(Self.closeFrame(code), promise: nil)
        channel.close(mode: .output, promise: nil)
        let bound = NIOLoopBound(channel, eventLoop: channel.eventLoop)
        linger = channel.eventLoop.scheduleTask(in: Self.lingerTime) { bound.value.close(promise: nil) }
    }

    // MARK: What the channel reports

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !channel.isWritable, !isClosing { client.handle(.overflowed, from: self) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        linger?.cancel()
        linger = nil
        isClosing = true
        client.handle(.socketClosed(code: nil), from: self)
        client.readCompleted()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isClosing else { return }
        switch error {
        case NIOWebSocketError.invalidFrameLength:
            client.handle(.oversized, from: self)
            client.readCompleted()
        case is NIOWebSocketError: fail(1002)
        default: context.close(promise: nil)
        }
    }
}
