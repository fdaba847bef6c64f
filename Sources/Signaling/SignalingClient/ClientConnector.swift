import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import SignalingProtocol

/// Opens WebSockets: TCP, TLS where the URL says so, and the upgrade (RFC 6455 section 4.1).
struct ClientConnector {
    let url: SignalingURL
    let eventLoop: any EventLoop
    let tls: TLSConfiguration

    /// `connection` becomes the channel's last handler once the WebSocket is open, and is told where that fails.
    func open(_ connection: ClientConnection) {
        let secure: NIOSSLContext?
        do {
            secure = url.isSecure ? try NIOSSLContext(configuration: tls) : nil
        } catch {
            // The session is just carrying out the order to connect: it hears of the failure when it is done with that.
            let failure = notReachable("TLS cannot be set up: \(error)")
            let bound = NIOLoopBound(connection, eventLoop: eventLoop)
            return eventLoop.execute { bound.value.failed(failure) }
        }
        let bound = NIOLoopBound(connection, eventLoop: eventLoop)
        let connector = NIOLoopBound(self, eventLoop: eventLoop)
        ClientBootstrap(group: eventLoop)
            .connectTimeout(.seconds(10))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try connector.value.configure(channel, for: bound.value, secure: secure)
                }
            }
            .connect(host: url.host, port: url.port)
            .whenComplete { result in
                switch result {
                case .success(let channel): connector.value.request(channel, for: bound.value)
                case .failure(let error): bound.value.failed(connector.value.failure(for: error))
                }
            }
    }

    private func configure(_ channel: any Channel, for connection: ClientConnection, secure: NIOSSLContext?) throws {
        let pipeline = channel.pipeline.syncOperations
        if let secure {
            try pipeline.addHandler(try makeTLSHandler(secure))
        }
        let bound = NIOLoopBound(connection, eventLoop: eventLoop)
        let upgrader = NIOWebSocketClientUpgrader(
            maxFrameSize: ClientConnection.messageLimit,
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
            })
        let answer = UpgradeAnswerHandler(connector: self, connection: connection)
        let boundAnswer = NIOLoopBound(answer, eventLoop: eventLoop)
        try pipeline.addHTTPClientHandlers(
            leftOverBytesStrategy: .forwardBytes,
            withClientUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in context.pipeline.syncOperations.removeHandler(boundAnswer.value, promise: nil) }
            ))
        try pipeline.addHandler(answer)
    }

    private func makeTLSHandler(_ context: NIOSSLContext) throws -> NIOSSLClientHandler {
        // Addresses are not sent as server names (RFC 6066 section 3).
        let isAddress = (try? SocketAddress(ipAddress: url.host, port: url.port)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : url.host)
    }

    private func request(_ channel: any Channel, for connection: ClientConnection) {
        guard connection.opening(channel) else { return channel.close(promise: nil) }
        var headers = HTTPHeaders()
        headers.add(name: "Host", value: url.authority)
        headers.add(name: "Content-Length", value: "0")
        headers.add(name: "Sec-WebSocket-Protocol", value: "glyphone.v1")
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: url.path, headers: headers)
        let pipeline = channel.pipeline.syncOperations
        pipeline.write(NIOAny(HTTPClientRequestPart.head(head)), promise: nil)
        pipeline.writeAndFlush(NIOAny(HTTPClientRequestPart.end(nil)), promise: nil)
    }

    func notReachable(_ why: String) -> SignalingFailure {
        SignalingFailure(.notReachable, "The server \(url) is not reachable: \(why). Check the address, and that it runs.")
    }

    /// What went wrong between the order to connect and the open WebSocket.
    func failure(for error: any Error) -> SignalingFailure {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return failure(for: first.error) }
            return notReachable("the name \"\(url.host)\" has no address")
        case let error as IOError where error.errnoCode == ECONNREFUSED: return notReachable("nobody listens there")
        case let error as IOError: return notReachable("\(error)")
        case ChannelError.connectTimeout: return notReachable("it does not answer")
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: return notReachable("TLS failed (\(error))")
        default: return notReachable("\(error)")
        }
    }
}
