import NIOCore
import NIOWebSocket
import SignalingProtocol

/// One client on the raw WebSocket binding: frames to messages and back.
final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = ByteBuffer

    /// A message in more pieces than this is no message but a way to keep us busy.
    private static let fragmentLimit = 1_024
    /// How long a client may take to read the close frame and hang up.
    private static let lingerTime = TimeAmount.seconds(5)

    let id: ConnectionID
    private let core: ServerCore
    private let channel: any Channel
    private var fragments: ByteBuffer?
    private var fragmentCount = 0
    private var isTextMessage = false
    private var isClosing = false
    private var linger: Scheduled<Void>?
    private var needsFlush = false

    init(core: ServerCore, channel: any Channel) {
        self.core = core
        self.channel = channel
        id = core.nextConnectionID()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        core.opened(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        let frame = unwrapInboundIn(data)
        // RFC 6455 sections 5.1 and 5.2: clients mask, and nobody uses reserved bits without an extension.
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return fail(CloseCode.protocolError) }
        switch frame.opcode {
        case .text, .binary: begin(frame)
        case .continuation: proceed(frame)
        case .ping: write(WebSocketFrames.pong(frame.unmaskedData))
        case .pong: core.read(.pong(id))
        case .connectionClose: clientCloses(frame.unmaskedData)
        default: fail(CloseCode.protocolError)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        core.flush()
    }

    private func begin(_ frame: WebSocketFrame) {
        guard fragments == nil else { return fail(CloseCode.protocolError) }
        isTextMessage = frame.opcode == .text
        if frame.fin {
            received(frame.unmaskedData)
        } else {
            fragments = frame.unmaskedData
            fragmentCount = 1
        }
    }

    private func proceed(_ frame: WebSocketFrame) {
        guard var whole = fragments else { return fail(CloseCode.protocolError) }
        fragments = nil
        fragmentCount += 1
        var data = frame.unmaskedData
        guard whole.readableBytes + data.readableBytes <= Limits.message else { return core.read(.oversized(id)) }
        guard fragmentCount <= Self.fragmentLimit else { return fail(CloseCode.policyViolation) }
        whole.writeBuffer(&data)
        if frame.fin { received(whole) } else { fragments = whole }
    }

    private func received(_ message: ByteBuffer) {
        guard isTextMessage else {
            let bad = BadMessage(detail: "A message is a text frame, not a binary one.")
            return core.read(.received(id, size: message.readableBytes, .failure(bad)))
        }
        let decoded = Result { () throws(BadMessage) in try ClientMessage(json: message.readableBytesUInt8Span) }
        core.read(.received(id, size: message.readableBytes, decoded))
    }

    private func clientCloses(_ data: ByteBuffer) {
        var data = data
        let clientCode = data.readInteger(as: UInt16.self)
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

    func write(_ frame: ByteBuffer) {
        guard !isClosing else { return }
        channel.write(frame, promise: nil)
        if !needsFlush {
            needsFlush = true
            core.needsFlush(self)
        }
    }

    func flush() {
        needsFlush = false
        channel.flush()
    }

    /// Says good-bye, and goes on reading for a while without listening: a socket closed with unread bytes would be reset, and
    /// the client never see why.
    func close(code: UInt16) {
        guard !isClosing else { return }
        isClosing = true
        fragments = nil
        channel.writeAndFlush(WebSocketFrames.close(code), promise: nil)
        channel.close(mode: .output, promise: nil)
        let bound = NIOLoopBound(channel, eventLoop: channel.eventLoop)
        linger = channel.eventLoop.scheduleTask(in: Self.lingerTime) { bound.value.close(promise: nil) }
    }

    // MARK: What the channel reports

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !channel.isWritable, !isClosing { core.handle(.overflowed(id)) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        linger?.cancel()
        linger = nil
        isClosing = true
        core.closed(self, code: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isClosing else { return }
        switch error {
        case NIOWebSocketError.invalidFrameLength: core.handle(.oversized(id))
        case is NIOWebSocketError: fail(CloseCode.protocolError)
        default: context.close(promise: nil)
        }
    }
}
