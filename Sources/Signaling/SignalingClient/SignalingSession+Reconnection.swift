import SignalingProtocol
import Wire

extension SignalingSession {
    mutating func received(_ message: ServerMessage, at now: Instant) {
        switch (state, message) {
        case (.joining, .joined(let joined)): self.joined(joined, at: now)
        case (.joining, .error(let error)): lastRefusal = error; refused(error)
        case (.joined, .error(let error)):
            lastRefusal = error
            outputs.append(.event(.message(message)))
        case (.joined, _): outputs.append(.event(.message(message)))
        // What an observer was sent before the server took leave of it is still what it asked for.
        case (.leaving, .call): outputs.append(.event(.message(message)))
        default: break
        }
    }

    private mutating func joined(_ joined: Joined, at now: Instant) {
        state = .joined
        stateDeadline = now + Self.silenceLimit
        failures = 0
        resume = joined.resume
        let isFirst = !hasJoined
        hasJoined = true
        outputs.append(.event(isFirst ? .joined(joined) : .reconnected(joined)))
        // A new id begins as `available`; the peers that the queue was for have new ids too, or ended our calls.
        if !joined.resumed, !isFirst { queue = [] }
        if let status { outputs.append(.transmit(.status(status))) }
        for message in queue { outputs.append(.transmit(message)) }
        queue = []
        if wantsToLeave { sendLeave(at: now) }
    }

    /// An answer to `join` after which trying again would be of no use ends the session.
    private mutating func refused(_ error: ServerError) {
        let url = configuration.url
        let name = configuration.join.name ?? ""
        let failure: SignalingFailure
        switch error.code {
        case .unauthorized:
            failure = SignalingFailure(.unauthorized, "The server \(url) did not accept the token: \(error.message) Give one with --token.")
        case .nameTaken:
            failure = SignalingFailure(.nameTaken, "The name \"\(name)\" is taken in this room. Choose another with --name.")
        case .nameInvalid:
            failure = SignalingFailure(.nameInvalid, "The server did not accept the name: \(error.message) Choose another with --name.")
        case .full where !hasJoined:
            failure = SignalingFailure(.full, "The server \(url) has no room left: \(error.message) Try again later.")
        case .badMessage:
            failure = SignalingFailure(.refused, "The server \(url) refused to let us join: \(error.message)")
        // The server closes after these, or goes on waiting: both lead to another attempt.
        default: return
        }
        outputs.append(.disconnect(code: CloseCode.normal))
        close(failure)
    }

    mutating func disconnected(_ code: UInt16?, at now: Instant) {
        switch state {
        case .leaving: close(nil)
        case .connecting, .joining, .joined:
            if code == CloseCode.takenOver {
                close(SignalingFailure(.takenOver, "This session went on over another connection; this one has ended."))
            } else {
                lost(Self.gone(configuration.url, code: code, refusal: lastRefusal), at: now)
            }
        case .idle, .waiting, .closed: break
        }
    }

    /// What waits for the server need wait no longer; and a connection whose address is gone would be silent for a minute.
    mutating func networkChanged(_ isConnectionLost: Bool, at now: Instant) {
        switch state {
        case .waiting:
            failures = 0
            connect(at: now)
        case .connecting, .joining, .joined:
            guard isConnectionLost else { break }
            failures = 0
            outputs.append(.disconnect(code: CloseCode.connectionLost))
            lost(Self.gone(configuration.url, code: nil, refusal: nil), at: now)
        case .idle, .leaving, .closed: break
        }
    }

    /// The connection is not there, or no longer.
    mutating func lost(_ failure: SignalingFailure, at now: Instant) {
        guard hasJoined || configuration.retriesFirstConnection, failure.kind != .wrongURL else { return close(failure) }
        if wantsToLeave, queue.isEmpty { return close(nil) }
        let pause = nextPause()
        state = .waiting
        stateDeadline = now + pause
        outputs.append(.event(.disconnected(reason: failure.description, retryIn: pause)))
    }

    /// 0.25 s, doubling to 8 s, of which the half is chance, so that a server that returns does not meet everybody at once.
    private mutating func nextPause() -> Duration {
        let full = min(Self.firstPause * (1 << min(failures, 8)), Self.longestPause)
        failures += 1
        return full / 2 + (full / 2) * Double.random(in: 0...1, using: &random)
    }

    static func silent(_ url: SignalingURL) -> SignalingFailure {
        SignalingFailure(.notReachable, "The server \(url) does not answer. Check the address, and that it runs.")
    }

    static func gone(_ url: SignalingURL, code: UInt16?, refusal: ServerError?) -> SignalingFailure {
        if let refusal {
            return SignalingFailure(.notReachable, "The server \(url) closed the connection: \(refusal.message)")
        }
        return SignalingFailure(.notReachable, "The connection to the server \(url) was lost\(code.map { " (code \($0))" } ?? "").")
    }
}
