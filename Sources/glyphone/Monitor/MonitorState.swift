import SignalingProtocol

/// Who is in a room and who calls whom, as an observer is told.
struct MonitorState: Sendable {
    private(set) var peers: [Peer] = []
    private(set) var calls: [CallReport] = []
    /// Names of peers that have just left, or whose call is still up.
    private var departed: [PeerID: String] = [:]
    /// What keeps the server away; `nil` while it is there.
    var trouble: String?

    /// Begins anew: the calls follow one by one.
    mutating func apply(_ joined: Joined) {
        self = MonitorState()
        peers = joined.peers
    }

    mutating func apply(_ message: ServerMessage) {
        switch message {
        case .peerJoined(let peer), .peerUpdated(let peer):
            if let index = peers.firstIndex(where: { $0.id == peer.id }) { peers[index] = peer } else { peers.append(peer) }
        case .peerLeft(let id, _):
            departed[id] = name(id)
            peers.removeAll { $0.id == id }
        case .call(let report):
            calls.removeAll { $0.call == report.call }
            if report.state != .ended { calls.append(report) }
        case .joined, .signal, .error: break
        }
    }

    /// To be called once a change has been told: forgets who is in no call any more.
    mutating func forgetDeparted() {
        guard !departed.isEmpty else { return }
        departed = departed.filter { id, _ in calls.contains { $0.from == id || $0.to == id } }
    }

    /// The name of a peer; its id where that is all we know.
    func name(_ id: PeerID) -> String {
        peers.first { $0.id == id }?.name ?? departed[id] ?? id
    }
}
