import Foundation
import Security

/// A user and a password for coturn's `use-auth-secret` that are good for a day (draft-uberti-behave-turn-rest-00): whoever
/// keeps them, the relay does not stay open to.
struct RelayCredentials {
    static let lifetime: Int64 = 86_400

    let username: String
    let password: String

    /// - Parameter secret: what coturn's `static-auth-secret` is.
    init(secret: String, name: String, unixSeconds: Int64) {
        username = "\(unixSeconds + Self.lifetime):\(name)"
        password = Data(HMAC.sha1(key: Array(secret.utf8), message: Array(username.utf8))).base64EncodedString()
    }
}
