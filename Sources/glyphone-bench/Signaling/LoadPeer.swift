import NIOCore
import SignalingProtocol

/// How clients and server put messages on the wire.
enum Binding: String, CaseIterable {
    case raw = "raw WebSocket"
    case socketIO = "Socket.IO"

    var path: String { self == .raw ? "/ws" : "/socket.io/?EIO=4&transport=websocket" }

    /// A message as the text of a frame.
    func text(_ message: ClientMessage) -> [UInt8] {
        guard self == .socketIO else { return message.json() }
        var writer = JSONWriter()
        writer.array { writer in
            writer.string(message.type)
            message.write(to: &writer, typed: false)
        }
        return Array("42".utf8) + writer.bytes
    }

    /// Where a message's type stands in a text of the server's: behind `{"type":"` or `42["`.
    var typeOffset: Int { self == .raw ? 9 : 4 }
}

/// A client as cheap as it can be, so that the load never is what is measured: no HTTP and no JSON library, one buffer.
final class LoadPeer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What a text is, told by its `type`, which every server here writes first.
    enum Kind {
        case joined, peerJoined, peerUpdated, peerLeft, candidate, otherSignal, error, unknown
    }

    let join: Join
    let binding: Binding
    /// Bytes of TCP, the request for a WebSocket among them.
    private(set) var bytesSent = 0
    private(set) var bytesReceived = 0
    private(set) var id = ""
    private(set) var isUpgraded = false
    private(set) var isClosed = false
    private(set) var counts: [Kind: Int] = [:]
    /// What `joined` gave to come back with.
    private(set) var resume = ""
    /// How many others `joined` named.
    private(set) var othersAtJoin = 0
    private(set) var channel: (any Channel)?
    private var received = ByteBuffer()
    /// Called with every text, and what it is.
    var onText: (LoadPeer, Kind, ByteBuffer) -> Void = { _, _, _ in }

    /// Anything but predictable in real life; here nobody caches.
    private static let mask: [UInt8] = [0x12, 0x34, 0x56, 0x78]

    init(_ join: Join, _ binding: Binding = .raw) {
        self.join = join
        self.binding = binding
    }

    var isJoined: Bool { !id.isEmpty }

    func count(_ kind: Kind) -> Int { counts[kind, default: 0] }

    // MARK: Sending

    /// A text frame, masked, to be sent as often as one likes.
    static func frame(_ json: [UInt8], opcode: UInt8 = 1) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeInteger(0x80 | opcode)
        if json.count < 126 {
            frame.writeInteger(0x80 | UInt8(json.count))
        } else {
            frame.writeInteger(0x80 | UInt8(126))
            frame.writeInteger(UInt16(json.count))
        }
        frame.writeBytes(mask)
        frame.writeBytes(json.indices.lazy.map { json[$0] ^ mask[$0 & 3] })
        return frame
    }

    func send(_ frame: ByteBuffer) {
        bytesSent += frame.readableBytes
        channel?.writeAndFlush(frame, promise: nil)
    }

    func send(_ message: ClientMessage) {
        send(Self.frame(binding.text(message)))
    }

    func signal(_ body: CallSignal.Body, call: CallID, to other: LoadPeer) {
        send(.signal(to: other.id, CallSignal(call: call, body: body)))
    }

    // MARK: Receiving

    func channelActive(context: ChannelHandlerContext) {
        channel = context.channel
        let request =
            "GET \(binding.path) HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        send(ByteBuffer(string: request))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        bytesReceived += buffer.readableBytes
        if received.readableBytes == 0 { received = buffer } else { received.writeBuffer(&buffer) }
        if !isUpgraded {
            guard let end = received.readableBytesView.firstRange(of: [13, 10, 13, 10]) else { return }
            received.moveReaderIndex(to: end.upperBound)
            isUpgraded = true
            if binding == .raw { send(.join(join)) }
        }
        while let (opcode, payload) = nextFrame() {
            switch opcode & 0x0f {
            case 1: text(payload)
            case 8: context.close(promise: nil)
            case 9: send(Self.frame([], opcode: 10))
            default: break
            }
        }
        // What is left is the start of a frame; nothing is to hold the whole read.
        received = received.readableBytes == 0 ? ByteBuffer() : received.slice()
    }

    private func nextFrame() -> (opcode: UInt8, payload: ByteBuffer)? {
        let start = received.readerIndex
        guard let opcode: UInt8 = received.getInteger(at: start), let short: UInt8 = received.getInteger(at: start + 1) else { return nil }
        var header = 2
        var length = Int(short)
        if length == 126 {
            guard let long: UInt16 = received.getInteger(at: start + 2) else { return nil }
            (header, length) = (4, Int(long))
        } else if length == 127 {
            guard let long: UInt64 = received.getInteger(at: start + 2) else { return nil }
            (header, length) = (10, Int(clamping: long))
        }
        guard received.readableBytes >= header + length, let payload = received.getSlice(at: start + header, length: length) else {
            return nil
        }
        received.moveReaderIndex(forwardBy: header + length)
        return (opcode, payload)
    }

    private func text(_ text: ByteBuffer) {
        if binding == .socketIO, isControl(text) { return }
        let kind = kind(text)
        counts[kind, default: 0] += 1
        if kind == .joined {
            id = Self.value(of: "\"id\":\"", in: text)
            resume = Self.value(of: "\"resume\":\"", in: text)
            let view = text.readableBytesView
            // A comma or a bracket, and an object: one for each of the others.
            othersAtJoin = view.withUnsafeBytes { bytes in
                var count = 0
                for index in bytes.indices.dropLast(5) where bytes[index] == UInt8(ascii: "{") && bytes[index + 2] == UInt8(ascii: "i") {
                    count += 1
                }
                return count - 1
            }
        }
        onText(self, kind, text)
    }

    /// The string that follows `name`; empty where there is none.
    private static func value(of name: String, in text: ByteBuffer) -> String {
        let view = text.readableBytesView
        guard let start = view.firstRange(of: Array(name.utf8))?.upperBound, let end = view[start...].firstIndex(of: UInt8(ascii: "\""))
        else { return "" }
        return String(decoding: view[start..<end], as: UTF8.self)
    }

    /// What Socket.IO says beside messages: handshake, connection to the namespace, pings, acknowledgements.
    private func isControl(_ text: ByteBuffer) -> Bool {
        let packet = (text.getInteger(at: text.readerIndex, as: UInt8.self), text.getInteger(at: text.readerIndex + 1, as: UInt8.self))
        switch packet {
        case (UInt8(ascii: "0"), _): send(Self.frame(Array("40".utf8)))
        case (UInt8(ascii: "2"), _): send(Self.frame(Array("3".utf8)))
        case (UInt8(ascii: "4"), UInt8(ascii: "0")): send(.join(join))
        case (UInt8(ascii: "4"), UInt8(ascii: "2")): return false
        default: break
        }
        return true
    }

    private func kind(_ text: ByteBuffer) -> Kind {
        let start = text.readerIndex + binding.typeOffset
        guard let first: UInt8 = text.getInteger(at: start), let second: UInt8 = text.getInteger(at: start + 1) else { return .unknown }
        switch (first, second) {
        case (UInt8(ascii: "j"), _): return .joined
        case (UInt8(ascii: "c"), UInt8(ascii: "a")): return .candidate
        case (UInt8(ascii: "e"), _): return .error
        case (UInt8(ascii: "p"), _):
            let letter: UInt8? = text.getInteger(at: start + 5)
            return letter == UInt8(ascii: "j") ? .peerJoined : letter == UInt8(ascii: "u") ? .peerUpdated : .peerLeft
        case (UInt8(ascii: "o"), _), (UInt8(ascii: "a"), _), (UInt8(ascii: "r"), _), (UInt8(ascii: "b"), _): return .otherSignal
        default: return .unknown
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        channel = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
