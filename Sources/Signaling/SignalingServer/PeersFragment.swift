import Mustache
import SignalingProtocol

/// A room's peers as HTML, for HTMX to put into the page.
struct PeersFragment: Sendable {
    private struct Entry {
        var id: String
        var name: String
        var status: String
        var words: String
        var isFree: Bool
    }

    private let template: MustacheTemplate

    /// - Throws: when the template is none.
    init(template: String) throws {
        self.template = try MustacheTemplate(string: template)
    }

    func html(_ peers: some Sequence<Peer>) -> String {
        let entries = peers.map { peer in
            Entry(
                id: peer.id, name: peer.name, status: peer.status.rawValue, words: Self.words(peer.status),
                isFree: peer.status == .available || peer.status == .away)
        }
        return template.render(["peers": entries.sorted { $0.name.lowercased() < $1.name.lowercased() }])
    }

    private static func words(_ status: PeerStatus) -> String {
        switch status {
        case .available: "available"
        case .away: "away"
        case .dnd: "not to be disturbed"
        case .busy: "in a call"
        }
    }
}
