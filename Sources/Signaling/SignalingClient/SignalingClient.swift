import Logging
import NIOCore
import SignalingProtocol
import Wire

/// A peer's, or an observer's, connection to a signaling server, which comes back by itself when it is lost.
///
/// Everything happens on `eventLoop`: `onEvent` is called there, and the methods may be called from anywhere but are
/// carried out there, at once where the caller is on it already.
public final class SignalingClient: Sendable {
    public let eventLoop: any EventLoop
    private let core: NIOLoopBoundBox<ClientCore?>

    /// - Parameter onEvent: called on `eventLoop`; the last event is `closed`.
    public init(
        configuration: SignalingConfiguration, eventLoop: any EventLoop, random: RandomSource = .system,
        logger: Logger = Logger(label: "glyphone.signaling"), onEvent: @escaping @Sendable (SignalingEvent) -> Void
    ) {
        self.eventLoop = eventLoop
        core = .makeBoxSendingValue(nil, eventLoop: eventLoop)
        onLoop { [core] in
            core.value = ClientCore(configuration: configuration, eventLoop: eventLoop, random: random, logger: logger, onEvent: onEvent)
        }
    }

    /// Begins: `joined` or `closed` follows.
    public func connect() {
        handle(.start)
    }

    /// Sends a message, or keeps it until the connection is back (at most 80). One that is larger than a message may be is
    /// answered with an error `too-large` here.
    public func send(_ message: ClientMessage) {
        handle(.send(message))
    }

    /// Tells another peer something about a call.
    public func send(_ body: CallSignal.Body, call: CallID, to peer: PeerID) {
        send(.signal(to: peer, CallSignal(call: call, body: body)))
    }

    /// The machine's network has changed, and has these addresses now: a connection that leaves from another is made anew.
    public func networkChanged(addresses: [String]) {
        onLoop { [core] in core.value?.networkChanged(addresses: addresses) }
    }

    /// Leaves the room at once and for good; `closed(nil)` follows.
    ///
    /// Where signals wait for a connection that is away, it is given 5 s to come back and take them.
    public func leave() {
        handle(.leave)
    }

    private func handle(_ input: SignalingSession.Input) {
        onLoop { [core] in core.value?.handle(input) }
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) {
        if eventLoop.inEventLoop { body() } else { eventLoop.execute(body) }
    }
}
