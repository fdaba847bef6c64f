import Logging
import MediaSources
import NIOCore
import NIOPosix
import Security
import SignalingClient
import SignalingProtocol
import Transport
import Wire

/// One person (or bot) on a signaling server: who else is there, and at most one call at a time.
///
/// An actor on its event loop, where all of a call's network side lives. Events come on that loop, pictures on the threads
/// of the media.
public actor CallClient {
    public nonisolated let eventLoop: any EventLoop
    public nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor.asUnownedSerialExecutor() }

    private var configuration: CallConfiguration
    private let signalingConfiguration: SignalingConfiguration
    private let logger: Logger
    private let onEvent: @Sendable (CallEvent) -> Void
    private var signaling: SignalingClient?
    private var random: RandomSource = .system
    private var peers: [PeerID: Peer] = [:]
    private var active: ActiveCall?
    /// STUN and TURN servers as the signaling server named them last: their credentials are good for a time.
    private var namedServers: [ICEServer] = []
    private var monitor: NetworkMonitor?
    private var shownPicture: ShownPicture?
    /// The media of calls that have ended, while their threads end.
    private var closing: [EventLoopFuture<Void>] = []

    public init(
        signaling: SignalingConfiguration, calls: CallConfiguration, eventLoop: any EventLoop, logger: Logger,
        onEvent: @escaping @Sendable (CallEvent) -> Void
    ) {
        self.eventLoop = eventLoop
        self.configuration = calls
        self.logger = logger
        self.onEvent = onEvent
        signalingConfiguration = signaling
        NIOThreadPool.singleton.submit { _ in SRTPSession.prepare() }
    }

    /// Enters the room: `joined` or `closed` follows.
    public func connect() {
        guard signaling == nil else { return }
        let client = SignalingClient(configuration: signalingConfiguration, eventLoop: eventLoop, logger: logger) { [weak self] event in
            self?.assumeIsolated { $0.handle(event) }
        }
        signaling = client
        client.connect()
        monitor = NetworkMonitor(eventLoop: eventLoop, logger: logger) { [weak self] in
            self?.assumeIsolated { $0.networkChanged() }
        }
    }

    /// Looks for another path for the call that is on.
    public func reconnect() {
        networkChanged()
        active?.reconnect()
    }

    private func networkChanged() {
        // First the server: an offer that is sent on a connection whose address is gone goes nowhere.
        if let addresses = try? LocalAddresses.all(includingLoopback: true) {
            signaling?.networkChanged(addresses: addresses.map(\.description))
        }
        active?.networkChanged()
    }

    /// The others in the room, by name.
    public var roster: [Peer] {
        peers.values.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    // MARK: - What the person does

    /// Rings a peer; does nothing during another call.
    ///
    /// - Returns: the call's id; `nil` if there is a call already, or nobody with that id.
    @discardableResult
    public func call(_ peer: PeerID, withVideo: Bool = true) -> CallID? {
        guard active == nil, let peer = peers[peer] else { return nil }
        let id = Identifier.random(using: &random)
        start(CallInfo(id: id, peer: peer, direction: .outgoing, hasVideo: withVideo)).place(withVideo: withVideo)
        return id
    }

    public func accept(withVideo: Bool = true) {
        active?.accept(withVideo: withVideo)
    }

    public func decline() {
        active?.decline(.declined)
    }

    /// Ends the call, or stops ringing.
    public func hangUp() {
        active?.hangUp()
    }

    public func setMuted(_ isMuted: Bool) {
        active?.setMuted(isMuted)
    }

    public func setCameraOff(_ isOff: Bool) {
        active?.setCameraOff(isOff)
    }

    /// Tells how large the other side's picture can be seen here, now and in later calls; until told, any size may come.
    public func setShownPicture(_ picture: ShownPicture) {
        guard picture != shownPicture else { return }
        shownPicture = picture
        active?.setShownPicture(picture)
    }

    /// Sends pictures from another source, in this call and in those to come.
    public func setVideo(_ video: VideoSourceSpecification) {
        configuration.media.video = video
        active?.setVideo(video)
    }

    /// Sends sound from another source, in this call and in those to come.
    public func setAudio(_ audio: AudioSourceSpecification) {
        configuration.media.audio = audio
        active?.setAudio(audio)
    }

    /// Plays elsewhere, in this call and in those to come.
    public func setPlayback(_ playback: PlaybackSpecification) {
        configuration.media.playback = playback
        active?.setPlayback(playback)
    }

    public func setStatus(_ status: PeerStatus) {
        signaling?.send(.status(status))
    }

    /// Ends the call, leaves the room, and waits until what the call recorded is complete.
    public func leave() async {
        active?.hangUp()
        signaling?.leave()
        monitor?.close()
        monitor = nil
        let closing = EventLoopFuture.andAllComplete(closing, on: eventLoop)
        try? await closing.get()
    }

    // MARK: - What the server says

    private func handle(_ event: SignalingEvent) {
        switch event {
        case .joined(let joined):
            namedServers = joined.usableServers
            onEvent(.joined(joined))
            setRoster(joined.peers)
        case .reconnected(let joined):
            namedServers = joined.usableServers
            onEvent(.reconnected(joined))
            setRoster(joined.peers)
            active?.signalingChanged(isConnected: true)
        case .disconnected(let reason, let retryIn):
            onEvent(.disconnected(reason: reason, retryIn: retryIn))
            active?.signalingChanged(isConnected: false)
        case .closed(let failure):
            signaling = nil
            active?.hangUp()
            onEvent(.closed(failure))
        case .message(let message): handle(message)
        }
    }

    private func handle(_ message: ServerMessage) {
        switch message {
        case .peerJoined(let peer), .peerUpdated(let peer):
            peers[peer.id] = peer
            onEvent(.roster(roster))
        case .peerLeft(let id, _):
            peers[id] = nil
            onEvent(.roster(roster))
        case .signal(let from, let signal): handle(signal, from: from)
        case .error(let error):
            if let active, error.call == active.info.id {
                active.refused(error)
            } else {
                onEvent(.refused(error))
            }
        case .joined, .call: break
        }
    }

    private func handle(_ signal: CallSignal, from: PeerID) {
        if let active, active.info.id == signal.call {
            guard active.info.peer.id == from else { return }
            return active.received(signal.body)
        }
        guard case .offer(let sdp) = signal.body else { return }
        guard let peer = peers[from] else { return }
        guard active == nil else {
            // The server answers for a peer that is in a call; this is a race.
            signaling?.send(.bye(.busy), call: signal.call, to: from)
            return
        }
        let info = CallInfo(id: signal.call, peer: peer, direction: .incoming, hasVideo: sdp.contains("m=video"))
        start(info).offered(sdp)
    }

    private func setRoster(_ list: [Peer]) {
        peers = Dictionary(list.map { ($0.id, $0) }) { $1 }
        onEvent(.roster(roster))
    }

    private func start(_ info: CallInfo) -> ActiveCall {
        var configuration = configuration
        for server in namedServers where !configuration.iceServers.contains(where: { $0.url == server.url }) {
            configuration.iceServers.append(server)
        }
        let call = ActiveCall(
            info: info, configuration: configuration, shownPicture: shownPicture, eventLoop: eventLoop, logger: logger,
            send: { [weak self] body in self?.assumeIsolated { $0.signaling?.send(body, call: info.id, to: info.peer.id) } },
            onEvent: onEvent,
            onEnd: { [weak self] in self?.assumeIsolated { $0.ended(info.id) } })
        active = call
        return call
    }

    private func ended(_ id: CallID) {
        guard let call = active, call.info.id == id else { return }
        active = nil
        if let closed = call.mediaClosed { closing.append(closed) }
    }
}
