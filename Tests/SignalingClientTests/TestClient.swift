import NIOCore
import NIOPosix
import SignalingClient
import SignalingProtocol
import SignalingServer
import Synchronization
import Testing

/// A client whose events can be awaited, one kind at a time.
final class TestClient: Sendable {
    private let state = Mutex<(events: [SignalingEvent], waiters: [CheckedContinuation<Void, Never>])>(([], []))
    private let box = Mutex<SignalingClient?>(nil)

    var client: SignalingClient { box.withLock { $0! } }

    init(_ configuration: SignalingConfiguration, on loop: any EventLoop) {
        let client = SignalingClient(configuration: configuration, eventLoop: loop) { [weak self] in self?.record($0) }
        box.withLock { $0 = client }
        client.connect()
    }

    convenience init(
        _ name: String?, at url: String, room: String? = nil, token: String? = nil, observe: Bool = false, retries: Bool = false
    ) throws {
        let join = Join(name: name, room: room, client: "test/1", token: token, observe: observe)
        let configuration = SignalingConfiguration(url: try SignalingURL(url), join: join, retriesFirstConnection: retries)
        self.init(configuration, on: NIOSingletons.posixEventLoopGroup.next())
    }

    private func record(_ event: SignalingEvent) {
        state.withLock { $0.events.append(event) }
        wake()
    }

    private func wake() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Takes events up to the first that `match` makes something of. The test's time limit bounds the wait.
    func next<T: Sendable>(_ match: @Sendable (SignalingEvent) -> T?) async throws -> T {
        while true {
            try Task.checkCancellation()
            let found: T? = try state.withLock { state in
                while !state.events.isEmpty {
                    let event = state.events.removeFirst()
                    if let found = match(event) { return found }
                    if case .closed(let failure) = event { throw failure ?? SignalingFailure(.refused, "It was closed.") }
                }
                return nil
            }
            if let found { return found }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isReady = state.withLock { state in
                        guard state.events.isEmpty, !Task.isCancelled else { return true }
                        state.waiters.append(continuation)
                        return false
                    }
                    if isReady { continuation.resume() }
                }
            } onCancel: {
                wake()
            }
        }
    }

    func joined() async throws -> Joined {
        try await next { if case .joined(let joined) = $0 { joined } else { nil } }
    }

    func reconnected() async throws -> Joined {
        try await next { if case .reconnected(let joined) = $0 { joined } else { nil } }
    }

    func disconnected() async throws -> String {
        try await next { if case .disconnected(let reason, _) = $0 { reason } else { nil } }
    }

    func message() async throws -> ServerMessage {
        try await next { if case .message(let message) = $0 { message } else { nil } }
    }

    func signal() async throws -> (from: PeerID, CallSignal) {
        try await next { if case .message(.signal(let from, let signal)) = $0 { (from, signal) } else { nil } }
    }

    func error() async throws -> ServerError {
        try await next { if case .message(.error(let error)) = $0 { error } else { nil } }
    }

    func closed() async throws -> SignalingFailure? {
        try await next { if case .closed(let failure) = $0 { Optional(failure) } else { nil } }
    }

    func leave() async throws {
        client.leave()
        _ = try await closed()
    }
}
