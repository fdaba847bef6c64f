import NIOCore
import NIOWebSocket
import SignalingProtocol

/// One WebSocket of a client: frames to messages and back.
final class ClientConnection: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private weak var core: ClientCore?
    private var channel: (any Channel)?
    private var isOpen = false
    private var isClosing = false
    private var closeCode: UInt16?
    private var hasReported = false
    private var fragments: ByteBuffer?

    /// The server's messages are at most 64 KiB; a later version may be more generous.
    static let messageLimit = 1 << 20

    init(core: ClientCore) {
        self.core = core
    }

    /// The channel is there, but no WebSocket yet. Returns whether it is still wanted.
    func opening(_ channel: any Channel) -> Bool {
        self.channel = channel
        return !isClosing
    }

    /// The address it leaves from; `nil` before there is a channel.
    var localAddress: String? { channel?.localAddress?.ipAddress }

    func failed(_ failure: SignalingFailure) {
        guard !hasReported else { return }
        hasReported = true
        core?.report(.connectionFailed(failure), from: self)
    }

    func send(_ json: [UInt8]) {
        write(.text, ByteBuffer(bytes: json))
    }

    func close(code: UInt16) {
        guard !isClosing else { return }
        isClosing = true
        guard let channel else { return }
        var data = ByteBuffer()
        data.writeInteger(code)
        write(.connectionClose, data)
        // Before the upgrade there is nobody to say good-bye to.
        channel.close(promise: nil)
    }

    private func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer) {
        guard isOpen, let channel, channel.isActive else { return }
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
        channel.pipeline.syncOperations.writeAndFlush(NIOAny(frame), promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        guard !isClosing else { return context.close(promise: nil) }
        isOpen = true
        core?.report(.connected, from: self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text, .binary, .continuation: received(frame)
        case .ping:
            write(.pong, frame.unmaskedData)
            core?.report(.heard, from: self)
        case .pong: core?.report(.heard, from: self)
        case .connectionClose:
            var data = frame.unmaskedData
            closeCode = data.readInteger(as: UInt16.self)
            close(code: closeCode ?? CloseCode.normal)
        default: core?.dropped("a frame of an unknown kind")
        }
    }

    private func received(_ frame: WebSocketFrame) {
        var whole = fragments ?? ByteBuffer()
        var data = frame.unmaskedData
        guard whole.readableBytes + data.readableBytes <= Self.messageLimit else {
            core?.dropped("a message over \(Self.messageLimit) bytes")
            return close(code: CloseCode.messageTooBig)
        }
        whole.writeBuffer(&data)
        guard frame.fin else {
            fragments = whole
            return
        }
        fragments = nil
        do {
            let message = try ServerMessage(json: whole.readableBytesUInt8Span)
            core?.report(.received(message), from: self)
        } catch {
            core?.dropped("\(error)")
            core?.report(.heard, from: self)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        core?.report(.disconnected(code: closeCode), from: self)
        channel = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        core?.dropped("\(error)")
        context.close(promise: nil)
    }
}
