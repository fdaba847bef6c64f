import NIOCore
import SignalingProtocol
import SocketIO

/// One client on the raw WebSocket binding: frames to messages and back.
final class WebSocketHandler: ChannelInboundHandler, ClientConnection {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A message in more pieces than this is no message but a way to keep us busy.
    private static let fragmentLimit = 1_024
    /// How long a client may take to read the close frame and hang up.
    private static let lingerTime = TimeAmount.seconds(5)

    let id: ConnectionID
    private let core: ServerCore
    private let channel: any Channel
    /// The start of a frame whose rest has not come yet.
    private var unread: ByteBuffer?
    private var fragments: [UInt8]?
    private var fragmentCount = 0
    private var isTextMessage = false
    private var isClosing = false
    private var linger: Scheduled<Void>?
    private let outgoing: OutgoingStream

    init(core: ServerCore, channel: any Channel) {
        self.core = core
        self.channel = channel
        outgoing = OutgoingStream(channel)
        id = core.nextConnectionID()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        core.opened(self)
    }

    // MARK: Frames

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        var buffer = unwrapInboundIn(data)
        core.tally.bytesReceived += buffer.readableBytes
        let isOurs = unread != nil
        if var start = unread {
            unread = nil
            start.writeBuffer(&buffer)
            buffer = start
        }
        do throws(WebSocketFrame.Failure) {
            while !isClosing, let frame = try WebSocketFrame.read(from: &buffer, limit: Limits.message) { received(frame) }
        } catch .tooLarge {
            return core.handle(.oversized(id))
        } catch {
            return fail(CloseCode.protocolError)
        }
        guard buffer.readableBytes > 0, !isClosing else { return }
        // A copy at first: what is left may be little, and the buffer that was read into large.
        if isOurs { buffer.discardReadBytes() }
        unread = isOurs ? buffer : ByteBuffer(bytes: buffer.readableBytesView)
    }

    private func received(_ frame: WebSocketFrame) {
        switch frame.opcode {
        case .text, .binary: begin(frame)
        case .continuation: proceed(frame)
        case .ping: write(WebSocketFrames.pong(frame.payload))
        case .pong: core.handle(.pong(id))
        case .close: clientCloses(frame.payload)
        }
    }

    private func begin(_ frame: WebSocketFrame) {
        guard fragments == nil else { return fail(CloseCode.protocolError) }
        isTextMessage = frame.opcode == .text
        if frame.isFinal {
            received(frame.payload)
        } else {
            fragments = frame.payload
            fragmentCount = 1
        }
    }

    private func proceed(_ frame: WebSocketFrame) {
        guard var whole = fragments else { return fail(CloseCode.protocolError) }
        fragments = nil
        fragmentCount += 1
        guard whole.count + frame.payload.count <= Limits.message else { return core.handle(.oversized(id)) }
        guard fragmentCount <= Self.fragmentLimit else { return fail(CloseCode.policyViolation) }
        whole += frame.payload
        if frame.isFinal { received(whole) } else { fragments = whole }
    }

    private func received(_ message: [UInt8]) {
        guard isTextMessage else {
            let bad = BadMessage(detail: "A message is a text frame, not a binary one.")
            return core.handle(.received(id, size: message.count, .failure(bad)))
        }
        let request = Result { () throws(BadMessage) in try ClientRequest(json: message.span) }
        core.handle(.received(id, size: message.count, request))
    }

    private func clientCloses(_ data: [UInt8]) {
        let clientCode = data.count >= 2 ? UInt16(data[0]) << 8 | UInt16(data[1]) : nil
        let meansIt = clientCode == CloseCode.normal || clientCode == CloseCode.goingAway
        isClosing = true
        channel.writeAndFlush(WebSocketFrames.close(meansIt ? CloseCode.normal : clientCode ?? CloseCode.normal), promise: nil)
        core.closed(self, code: clientCode)
        channel.close(promise: nil)
    }

    /// The client broke the rules of WebSocket itself.
    private func fail(_ code: UInt16) {
        core.closed(self, code: nil)
        close(code: code)
    }

    // MARK: What the core asks for

    func send(_ message: OutgoingMessage) {
        write(message.frame)
    }

    var queuedBytes: Int { outgoing.count }

    func ping() {
        write(WebSocketFrames.ping)
    }

    private func write(_ frame: ByteBuffer) {
        guard !isClosing else { return }
        if outgoing.isEmpty { core.needsFlush(self) }
        outgoing.append(frame)
        if outgoing.count > Limits.queue { core.handle(.overflowed(id)) }
    }

    func flush() {
        core.tally.bytesSent += outgoing.flush()
    }

    /// Says good-bye, and goes on reading for a while without listening: a socket closed with unread bytes would be reset, and
    /// the client never see why.
    func close(code: UInt16) {
        guard !isClosing else { return }
        isClosing = true
        fragments = nil
        unread = nil
        // Whoever has not read so far does not get the rest.
        if code == CloseCode.tryAgainLater { outgoing.discard() } else { outgoing.finish() }
        channel.writeAndFlush(WebSocketFrames.close(code), promise: nil)
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
        core.closed(self, code: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isClosing { context.close(promise: nil) }
    }
}
