import STUN
import SignalingProtocol
import Transport

extension Joined {
    /// The STUN and TURN servers that the signaling server names, and that this client can use; what a browser alone can use
    /// is left out.
    public var usableServers: [ICEServer] {
        iceServers.flatMap { server in
            let credentials = server.username.map { TURNCredentials(username: $0, password: server.credential ?? "") }
            return server.urls.compactMap { text in
                (try? ICEServerURL(parsing: text)).map { ICEServer(url: $0, credentials: credentials) }
            }
        }
    }
}
