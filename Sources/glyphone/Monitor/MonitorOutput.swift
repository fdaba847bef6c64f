import Console
import Foundation
import SignalingProtocol

/// What happened in the room that is watched.
enum MonitorEvent: Sendable {
    /// The room as it is; `isBack` after the server was away.
    case joined(isBack: Bool)
    case message(ServerMessage)
    case disconnected(reason: String, retryIn: Duration)
    /// The room as it is, with its calls: all that `--once` wants.
    case whole
}

/// Where a monitor tells what it sees.
protocol MonitorOutput: Sendable {
    /// - Parameter state: as it is after the event, with the names of all whom the event concerns.
    func tell(_ event: MonitorEvent, _ state: MonitorState)
}

/// A line for each change, and for each peer and call that is there at the start. Nobody's text is obeyed by a terminal.
struct LineMonitorOutput: MonitorOutput {
    let room: String

    func tell(_ event: MonitorEvent, _ state: MonitorState) {
        for line in lines(event, state) {
            Standard.output(Data("\(Self.time())  \(line)\n".utf8))
        }
    }

    private func lines(_ event: MonitorEvent, _ state: MonitorState) -> [String] {
        switch event {
        case .joined(let isBack):
            let count = state.peers.count == 1 ? "1 peer" : "\(state.peers.count) peers"
            return ["\(isBack ? "back in" : "watching") \(Self.plain(room)): \(count)"] + state.peers.map(Self.line)
        case .whole: return state.peers.map(Self.line) + state.calls.map { Self.line($0, state) }
        case .disconnected(let reason, let pause):
            return ["\(Self.plain(reason)) Trying again in \(Self.seconds(pause)) s."]
        case .message(.peerJoined(let peer)), .message(.peerUpdated(let peer)): return [Self.line(peer)]
        case .message(.peerLeft(let id, let reason)): return ["\(Self.plain(state.name(id)))  \(reason.rawValue)"]
        case .message(.call(let report)): return [Self.line(report, state)]
        case .message(.error(let error)): return ["error \(Self.plain(error.message))"]
        case .message: return []
        }
    }

    static func line(_ peer: Peer) -> String {
        let client = peer.client.map { "  \(plain($0))" } ?? ""
        return "\(plain(peer.name))  \(peer.status.rawValue)\(client)"
    }

    static func line(_ report: CallReport, _ state: MonitorState) -> String {
        let reason = report.reason.map { " (\($0.rawValue))" } ?? ""
        return "\(plain(state.name(report.from))) calls \(plain(state.name(report.to)))  \(report.state.rawValue)\(reason)"
    }

    static func plain(_ text: String) -> String {
        DisplayText.printable(text)
    }

    static func seconds(_ duration: Duration) -> String {
        duration.formatted(.units(allowed: [.seconds], width: .narrow, fractionalPart: .show(length: 1))).filter { !$0.isLetter }
    }

    private static func time() -> String {
        Date.now.formatted(.iso8601.time(includingFractionalSeconds: false))
    }
}

/// One JSON object a line, in the words of the signaling protocol.
struct JSONMonitorOutput: MonitorOutput {
    let room: String

    func tell(_ event: MonitorEvent, _ state: MonitorState) {
        var writer = JSONWriter()
        writer.object { writer in write(event, state, to: &writer) }
        Standard.output(Data(writer.bytes + [UInt8(ascii: "\n")]))
    }

    private func write(_ event: MonitorEvent, _ state: MonitorState, to writer: inout JSONWriter) {
        func member(_ name: String, _ text: String, _ writer: inout JSONWriter) {
            writer.member(name, DisplayText.printable(text))
        }
        switch event {
        case .joined(let isBack):
            writer.member("event", isBack ? "reconnected" : "joined")
            write(state, calls: false, to: &writer)
        case .whole:
            writer.member("event", "state")
            write(state, calls: true, to: &writer)
        case .disconnected(let reason, let pause):
            writer.member("event", "disconnected")
            member("reason", reason, &writer)
            writer.key("retryIn")
            writer.number(Double(pause.components.seconds) + Double(pause.components.attoseconds) / 1e18)
        case .message(let message):
            writer.member("event", message.type)
            switch message {
            case .peerJoined(let peer), .peerUpdated(let peer):
                writer.key("peer")
                write(peer, to: &writer)
            case .peerLeft(let id, let reason):
                writer.member("id", id)
                member("name", state.name(id), &writer)
                writer.member("reason", reason.rawValue)
            case .call(let report): write(report, state, to: &writer)
            case .error(let error):
                writer.member("code", error.code.rawValue)
                member("message", error.message, &writer)
            case .joined, .signal: break
            }
        }
    }

    private func write(_ state: MonitorState, calls: Bool, to writer: inout JSONWriter) {
        writer.member("room", DisplayText.printable(room))
        writer.key("peers")
        writer.array { writer in for peer in state.peers { write(peer, to: &writer) } }
        guard calls else { return }
        writer.key("calls")
        writer.array { writer in for call in state.calls { writer.object { write(call, state, to: &$0) } } }
    }

    private func write(_ peer: Peer, to writer: inout JSONWriter) {
        var peer = peer
        peer.name = DisplayText.printable(peer.name)
        peer.client = peer.client.map { DisplayText.printable($0) }
        peer.write(to: &writer)
    }

    private func write(_ report: CallReport, _ state: MonitorState, to writer: inout JSONWriter) {
        writer.member("call", report.call)
        writer.member("from", report.from)
        writer.member("fromName", DisplayText.printable(state.name(report.from)))
        writer.member("to", report.to)
        writer.member("toName", DisplayText.printable(state.name(report.to)))
        writer.member("state", report.state.rawValue)
        writer.member("reason", ifAny: report.reason?.rawValue)
        writer.member("since", report.since)
    }
}

/// The table on a terminal.
struct TableMonitorOutput: MonitorOutput {
    let room: String
    let server: String
    let source: LiveText.Source

    func tell(_ event: MonitorEvent, _ state: MonitorState) {
        var lines = [LiveText.Line("\(room) at \(server)", isHeading: true)]
        if let trouble = state.trouble { lines.append(LiveText.Line(trouble)) }
        lines += [LiveText.Line(""), LiveText.Line(Self.row(["peer", "status", "client"]), isHeading: true)]
        lines += state.peers.map { LiveText.Line(Self.row([$0.name, $0.status.rawValue, $0.client ?? ""])) }
        if state.peers.isEmpty { lines.append(LiveText.Line("nobody")) }
        lines += [LiveText.Line(""), LiveText.Line(Self.row(["caller", "callee", "call"]), isHeading: true)]
        lines += state.calls.map { LiveText.Line(Self.row([state.name($0.from), state.name($0.to), $0.state.rawValue])) }
        if state.calls.isEmpty { lines.append(LiveText.Line("none")) }
        lines += [LiveText.Line(""), LiveText.Line("q quit")]
        source.show(lines)
    }

    /// Columns as wide as the longest name, by the cells that the text takes.
    private static func row(_ cells: [String]) -> String {
        cells.map { cell in
            let text = DisplayText.fitted(LineMonitorOutput.plain(cell), columns: 32)
            return text + String(repeating: " ", count: max(0, 34 - DisplayText.width(text)))
        }.joined()
    }
}
