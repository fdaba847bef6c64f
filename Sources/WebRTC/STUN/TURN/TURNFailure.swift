/// Why there is no allocation, or no longer.
public enum TURNFailure: Error, Hashable, Sendable {
    case noAnswer
    /// The connection to the server (TCP, TLS) was not made, or ended: why, in words.
    case unreachable(String)
    /// The server's certificate is not to be trusted: why, in words.
    case untrusted(String)
    /// 401 to the credentials, or 441.
    case wrongCredentials
    /// It demands credentials, and there are none.
    case noCredentials
    /// It answers what no TURN server answers.
    case notUnderstood
    /// It sent to another server, which sent on.
    case redirectedTwice
    case refused(STUNErrorCode)

    /// What is said to a person about the server `name`: what happened, and what to do, without a full stop.
    public func sentence(about name: String) -> String {
        switch self {
        case .noAnswer:
            "the relay \(name) does not answer: check its address; where a firewall blocks UDP, a turns: address helps"
        case .unreachable(let why): "the relay \(name) cannot be reached: \(why)"
        case .untrusted(let why): "the certificate of the relay \(name) cannot be trusted: \(why)"
        case .wrongCredentials: "the relay \(name) refused the user name or the password: check --turn-user and --turn-password"
        case .noCredentials: "the relay \(name) demands a user name and a password: give --turn-user and --turn-password"
        case .notUnderstood: "the server \(name) does not answer as a relay does: check that it is a TURN server"
        case .redirectedTwice: "the relay \(name) sends from one server to the next: name another one"
        case .refused(let error):
            switch error.code {
            case 403: "the relay \(name) forbids this use of it (403): ask who runs it"
            case 437: "the relay \(name) remembers another allocation for this port (437): try again in a few minutes"
            case 440: "the relay \(name) has no address of the kind that is needed (440): name another one"
            case 442: "the relay \(name) does not relay UDP (442): name another one"
            case 486: "the relay \(name) allows this user no more allocations (486): end other calls, or wait a few minutes"
            case 508: "the relay \(name) has no room at present (508): try again later, or name another one"
            default: "the relay \(name) refused with \(error.code) \(error.reason)"
            }
        }
    }
}
