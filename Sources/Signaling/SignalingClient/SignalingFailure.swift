/// Why a client could not come to a server, or is no longer there.
public struct SignalingFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// The URL cannot be used.
        case wrongURL
        /// Nobody answers there, or not as a signaling server does.
        case notReachable
        /// The token is missing, false or expired.
        case unauthorized
        case nameTaken, nameInvalid
        /// The server or the room is full.
        case full
        /// The same session goes on over another connection.
        case takenOver
        /// The server refused the `join` for another reason.
        case refused
    }

    public var kind: Kind
    /// One line for people: what happened, to what, and what to do next.
    public var description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// The exit status of a command that ends with this.
    public var exitStatus: Int32 {
        switch kind {
        case .wrongURL, .nameInvalid: 64
        case .notReachable, .full: 69
        case .unauthorized: 77
        case .nameTaken, .takenOver, .refused: 1
        }
    }
}
