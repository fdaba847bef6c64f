/// The protocol's numbers.
public enum Limits {
    /// The longest message, in bytes.
    public static let message = 65_536
    /// The longest `client`, in characters.
    public static let client = 64
    /// The longest `id` and `call`, in characters.
    public static let identifier = 64
    /// What may wait for one client on the server, in bytes.
    public static let queue = 1_048_576
    /// How long a peer is kept after its connection was lost.
    public static let resume = Duration.seconds(30)
    /// How long a connection may take to its `join`.
    public static let join = Duration.seconds(10)
    /// The pause between two pings.
    public static let pingInterval = Duration.seconds(25)
    /// How long a pong may take.
    public static let pongTimeout = Duration.seconds(20)
}

/// Codes with which a WebSocket is closed (RFC 6455 section 7.4, and one of our own).
public enum CloseCode {
    public static let normal: UInt16 = 1000
    public static let goingAway: UInt16 = 1001
    public static let protocolError: UInt16 = 1002
    public static let policyViolation: UInt16 = 1008
    public static let messageTooBig: UInt16 = 1009
    public static let internalError: UInt16 = 1011
    public static let tryAgainLater: UInt16 = 1013
    /// Another connection took the session over.
    public static let takenOver: UInt16 = 4001
    /// The client takes the connection for lost, since nothing came by it or its address is gone: it comes back by another one.
    public static let connectionLost: UInt16 = 4002
}

/// An id of a peer or a call: 1 to 64 characters of `A-Z a-z 0-9 _ -`.
public enum Identifier {
    public static func isValid(_ text: String) -> Bool {
        let utf8 = text.utf8
        guard (1...Limits.identifier).contains(utf8.count) else { return false }
        return utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }

    /// `count` random characters, six bits of randomness each.
    public static func random(_ count: Int = 22, using generator: inout some RandomNumberGenerator) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
        return String((0..<count).map { _ in alphabet[Int(generator.next() >> 58)] })
    }
}
