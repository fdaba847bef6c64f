import SignalingProtocol
import SignalingServer
import Testing
import Wire

/// A hub in virtual time, with clients that are but numbers.
final class HubHarness {
    static let epoch: Int64 = 1_767_225_600_000

    let hub: Hub
    var now = Instant.zero
    var sent: [UInt64: [ServerMessage]] = [:]
    var closed: [UInt64: UInt16] = [:]
    var pinged: [UInt64: Int] = [:]
    var changes: [StoreChange] = []
    /// Connections that answer pings.
    var answersPings = true
    private var lastConnection: UInt64 = 0

    init(_ configuration: HubConfiguration = HubConfiguration(), seed: UInt64 = 1) {
        hub = Hub(
            configuration: configuration, clock: WallClock(reference: .zero, unixNanoseconds: Self.epoch * 1_000_000), random: .seeded(seed)
        )
    }

    func handle(_ input: Hub.Input) {
        hub.handle(input, at: now)
        drain()
    }

    func drain() {
        while let output = hub.nextOutput() {
            switch output {
            case .send(let id, let message): sent[id.rawValue, default: []].append(decoded(message))
            case .broadcast(let ids, let message): for id in ids { sent[id.rawValue, default: []].append(decoded(message)) }
            case .ping(let id):
                pinged[id.rawValue, default: 0] += 1
                if answersPings { hub.handle(.pong(id), at: now) }
            case .close(let id, let code): closed[id.rawValue] = code
            case .store(let change): changes.append(change)
            case .event: break
            }
        }
        if let deadline = hub.deadline { #expect(deadline > now) }
    }

    /// As a client of either binding reads it.
    private func decoded(_ message: OutgoingMessage) -> ServerMessage {
        do {
            guard case .object(let members) = try JSONValue(parsing: message.members) else { throw BadMessage(detail: "No object.") }
            return try ServerMessage(type: message.type, members: members)
        } catch {
            Issue.record("\(message.type) \(String(decoding: message.members, as: UTF8.self)): \(error)")
            return .error(ServerError(code: .badMessage, message: ""))
        }
    }

    func advance(_ duration: Duration) {
        let end = now + duration
        while let deadline = hub.deadline, deadline <= end {
            now = max(now, deadline)
            handle(.timeout)
        }
        now = end
    }

    func open() -> UInt64 {
        lastConnection += 1
        handle(.opened(ConnectionID(rawValue: lastConnection)))
        return lastConnection
    }

    func send(_ message: ClientMessage, on connection: UInt64, size: Int = 100) {
        handle(.received(ConnectionID(rawValue: connection), size: size, .success(ClientRequest(message))))
    }

    func sendBad(_ detail: String = "Bad.", type: String? = nil, on connection: UInt64) {
        handle(.received(ConnectionID(rawValue: connection), size: 10, .failure(BadMessage(detail: detail, type: type))))
    }

    func drop(_ connection: UInt64, code: UInt16? = nil) {
        handle(.closed(ConnectionID(rawValue: connection), code: code))
    }

    /// What a connection was sent since it was last asked.
    func take(_ connection: UInt64) -> [ServerMessage] {
        defer { sent[connection] = nil }
        return sent[connection] ?? []
    }

    /// The one error that a connection was sent since it was last asked.
    func error(_ connection: UInt64) -> ServerError? {
        let messages = take(connection)
        guard messages.count == 1, case .error(let error) = messages[0] else { return nil }
        return error
    }

    func tryJoin(_ join: Join) -> (connection: UInt64, joined: Joined?) {
        let connection = open()
        send(.join(join), on: connection)
        if case .joined(let joined)? = sent[connection]?.first {
            sent[connection]?.removeFirst()
            return (connection, joined)
        }
        return (connection, nil)
    }

    func join(_ name: String, room: String? = nil) throws -> TestPeer {
        let (connection, joined) = tryJoin(Join(name: name, room: room))
        let answer = try #require(joined)
        return TestPeer(connection: connection, id: try #require(answer.me?.id), resume: try #require(answer.resume), joined: answer)
    }

    func observe(room: String? = nil) throws -> UInt64 {
        let (connection, joined) = tryJoin(Join(name: nil, room: room, observe: true))
        _ = try #require(joined)
        return connection
    }

    func signal(_ body: CallSignal.Body, call: CallID = "c", from: TestPeer, to: TestPeer) {
        send(.signal(to: to.id, CallSignal(call: call, body: body)), on: from.connection)
    }

    /// Empties what everybody was sent.
    func forgetSent() {
        sent = [:]
    }
}

struct TestPeer {
    var connection: UInt64
    var id: PeerID
    var resume: String
    var joined: Joined
}

/// A relayed signal, as its receiver has it.
func relayed(_ body: CallSignal.Body, call: CallID = "c", from: TestPeer) -> ServerMessage {
    .signal(from: from.id, CallSignal(call: call, body: body))
}

func status(_ message: ServerMessage?) -> PeerStatus? {
    if case .peerUpdated(let peer)? = message { peer.status } else { nil }
}
