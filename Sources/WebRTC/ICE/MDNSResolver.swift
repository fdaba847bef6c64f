import Wire

/// Finds the addresses behind candidates' names by asking the local network (RFC 6762), without I/O.
///
/// Nobody needs it to answer: what is not found within some seconds is forgotten, and calls connect by the other side's checks.
public struct MDNSResolver: Machine {
    public enum Input: Sendable {
        case resolve(String)
        case datagram([UInt8])
        case timeout
    }

    public enum Output: Hashable, Sendable {
        /// Send to every group, on every interface.
        case transmit([UInt8])
        case resolved(String, [IPAddress])
    }

    private struct Question {
        var name: String
        var asked = 0
        var nextAt: Instant
    }

    public static let port: UInt16 = 5353
    public static let groups = [IPAddress("224.0.0.251"), IPAddress("ff02::fb")].compactMap { $0 }

    /// A browser has a name for each of its addresses; no call needs more than ICE pairs.
    private static let maximumQuestions = 16
    /// How long after a question it is asked again (RFC 6762 section 5.2); after the last pause it is given up.
    private static let pauses: [Duration] = [.seconds(1), .seconds(2), .seconds(4)]

    private var questions: [Question] = []
    private var outputs: [Output] = []

    public init() {}

    /// Whether a candidate's name is one that may be asked for: a single label in `local`. Others would tell strangers'
    /// name servers of the call.
    public static func isResolvable(_ name: String) -> Bool {
        let labels = name.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        return labels.count == 2 && labels[1] == "local" && (1...63).contains(labels[0].utf8.count)
    }

    public var deadline: Instant? { questions.map(\.nextAt).min() }

    /// The questions that wait for an answer, for a socket that opens late.
    public var queries: [[UInt8]] { questions.map { MDNSMessage.query($0.name) } }

    public mutating func nextOutput() -> Output? {
        outputs.isEmpty ? nil : outputs.removeFirst()
    }

    public mutating func handle(_ input: Input, at now: Instant) {
        switch input {
        case .resolve(let name):
            guard Self.isResolvable(name), questions.count < Self.maximumQuestions, !questions.contains(where: { $0.name == name })
            else { break }
            questions.append(Question(name: name, nextAt: now))
        case .datagram(let bytes):
            questions.removeAll { question in
                let addresses = MDNSMessage.addresses(of: question.name, in: bytes)
                if !addresses.isEmpty { outputs.append(.resolved(question.name, addresses)) }
                return !addresses.isEmpty
            }
        case .timeout: break
        }
        for index in questions.indices where questions[index].nextAt <= now && questions[index].asked < Self.pauses.count {
            outputs.append(.transmit(MDNSMessage.query(questions[index].name)))
            questions[index].nextAt = now + Self.pauses[questions[index].asked]
            questions[index].asked += 1
        }
        questions.removeAll { $0.nextAt <= now }
    }
}
