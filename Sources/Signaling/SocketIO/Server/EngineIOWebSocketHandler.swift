import NIOCore

/// A client's WebSocket: frames to packets and back.
final class EngineIOWebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A message in more pieces than this is no message but a way to keep us busy.
    private static let fragmentLimit = 1_024
    /// How long a client may take to read the close frame and hang up.
    private static let lingerTime = TimeAmount.seconds(5)

    private let client: EngineIOClient
    private let channel: any Channel
    /// The start of a frame whose rest has not come yet.
    private var unread: ByteBuffer?
    private var message: (data: [UInt8], isBinary: Bool, fragments: Int)?
    private let outgoing: OutgoingStream
    private var isClosing = false
    private var linger: Scheduled<Void>?

    init(client: EngineIOClient, channel: any Channel) {
        self.client = client
        self.channel = channel
        outgoing = OutgoingStream(channel)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        client.attach(self)
    }

    // MARK: Frames

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        var buffer = unwrapInboundIn(data)
        client.count(received: buffer.readableBytes)
        let isOurs = unread != nil
        if var start = unread {
            unread = nil
            start.writeBuffer(&buffer)
            buffer = start
        }
        let limit = client.configuration.maxPayload
        do throws(WebSocketFrame.Failure) {
            while !isClosing, let frame = try WebSocketFrame.read(from: &buffer, limit: limit) { received(frame) }
        } catch .tooLarge {
            return client.handle(.oversized, from: self)
        } catch {
            return fail(1002)
        }
        guard buffer.readableBytes > 0, !isClosing else { return }
        // A copy at first: what is left may be little, and the buffer that was read into large.
        if isOurs { buffer.discardReadBytes() }
        unread = isOurs ? buffer : ByteBuffer(bytes: buffer.readableBytesView)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        client.readCompleted()
    }

    private func received(_ frame: WebSocketFrame) {
        switch frame.opcode {
        case .text, .binary: begin(frame)
        case .continuation: proceed(frame)
        case .ping: pong(frame.payload)
        case .pong: break
        case .close: clientCloses(frame.payload)
        }
    }

    private func begin(_ frame: WebSocketFrame) {
        guard message == nil else { return fail(1002) }
        let isBinary = frame.opcode == .binary
        if frame.isFinal {
            received(frame.payload, isBinary: isBinary)
        } else {
            message = (frame.payload, isBinary, 1)
        }
    }

    private func proceed(_ frame: WebSocketFrame) {
        guard case (var data, let isBinary, var fragments)? = message else { return fail(1002) }
        message = nil
        fragments += 1
        guard data.count + frame.payload.count <= client.configuration.maxPayload else { return client.handle(.oversized, from: self) }
        guard fragments <= Self.fragmentLimit else { return fail(1008) }
        data += frame.payload
        if frame.isFinal {
            received(data, isBinary: isBinary)
        } else {
            message = (data, isBinary, fragments)
        }
    }

    private func received(_ data: [UInt8], isBinary: Bool) {
        client.handle(.socketReceived(ByteBuffer(bytes: data), isBinary: isBinary), from: self)
    }

    /// - Parameter data: at most 125 bytes (RFC 6455 section 5.5).
    private func pong(_ data: [UInt8]) {
        var frame = ByteBuffer()
        frame.writeWebSocketHeader(opcode: 10, length: data.count)
        frame.writeBytes(data)
        write(frame)
    }

    private func clientCloses(_ data: [UInt8]) {
        let code = data.count >= 2 ? UInt16(data[0]) << 8 | UInt16(data[1]) : nil
        isClosing = true
        channel.writeAndFlush(Self.closeFrame(code == 1001 ? 1000 : code ?? 1000), promise: nil)
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

    var queuedBytes: Int { outgoing.count }

    func write(_ frame: EngineIOFrame) {
        write(frame.webSocket)
    }

    private func write(_ frame: ByteBuffer) {
        guard !isClosing else { return }
        outgoing.append(frame)
        if outgoing.count > client.configuration.queueLimit { client.handle(.overflowed, from: self) }
    }

    func flush() {
        let count = outgoing.flush()
        if count > 0 { client.count(sent: count) }
    }

    /// Says good-bye, and goes on reading for a while without listening: a socket closed with unread bytes would be reset, and
    /// the client never see why.
    func close(code: UInt16) {
        guard !isClosing else { return }
        isClosing = true
        message = nil
        unread = nil
        // Whoever has not read so far does not get the rest.
        if code == 1013 { outgoing.discard() } else { outgoing.finish() }
        channel.writeAndFlush(Self.closeFrame(code), promise: nil)
        channel.close(mode: .output, promise: nil)
        let bound = NIOLoopBound(channel, eventLoop: channel.eventLoop)
        linger = channel.eventLoop.scheduleTask(in: Self.lingerTime) { bound.value.close(promise: nil) }
    }

    // MARK: What the channel reports

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if channel.isWritable, !isClosing { flush() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        linger?.cancel()
        linger = nil
        isClosing = true
        client.handle(.socketClosed(code: nil), from: self)
        client.readCompleted()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isClosing { context.close(promise: nil) }
    }
}
