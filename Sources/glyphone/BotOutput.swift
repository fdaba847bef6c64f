import Calls
import Foundation
import Glibc
import SignalingProtocol

/// Where a bot says what happens.
protocol BotOutput {
    func joined(id: String, name: String, room: String)
    func call(_ info: CallInfo, _ state: CallMachine.State, milliseconds: Int)
    func firstFrame(_ info: CallInfo, milliseconds: Int)
    func statistics(_ info: CallInfo, _ statistics: CallStatistics, seconds: Double)
    func error(code: String, message: String)
    func note(_ text: String)
}

/// One JSON object a line on standard output; notes for people go to standard error.
struct JSONBotOutput: BotOutput {
    private let encoder: JSONEncoder

    init() {
        encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
    }

    func joined(id: String, name: String, room: String) {
        print(Joined(id: id, name: name, room: room))
    }

    func call(_ info: CallInfo, _ state: CallMachine.State, milliseconds: Int) {
        var reason: String?
        if case .ended(let end) = state { reason = end.reason.rawValue }
        print(
            Call(
                call: info.id, peer: info.peer.name, direction: info.direction.rawValue, state: state.name, reason: reason, ms: milliseconds
            ))
    }

    func firstFrame(_ info: CallInfo, milliseconds: Int) {
        print(FirstFrame(call: info.id, ms: milliseconds))
    }

    func statistics(_ info: CallInfo, _ statistics: CallStatistics, seconds: Double) {
        print(
            Statistics(
                call: info.id, t: seconds, transport: statistics.transport, inbound: statistics.inbound, outbound: statistics.outbound,
                process: ProcessUsage.now))
    }

    func error(code: String, message: String) {
        print(Failure(code: code, message: message))
    }

    func note(_ text: String) {
        Standard.error(text)
    }

    private func print(_ value: some Encodable) {
        guard var line = try? encoder.encode(value) else { return }
        line.append(UInt8(ascii: "\n"))
        Standard.output(line)
    }

    private struct Joined: Encodable {
        var event = "joined"
        var id: String
        var name: String
        var room: String
    }

    private struct Call: Encodable {
        var event = "call"
        var call: String
        var peer: String
        var direction: String
        var state: String
        var reason: String?
        var ms: Int
    }

    private struct FirstFrame: Encodable {
        var event = "first-frame"
        var call: String
        var ms: Int
    }

    private struct Statistics: Encodable {
        var event = "stats"
        var call: String
        var t: Double
        var transport: CallStatistics.Transport
        var inbound: CallStatistics.Inbound
        var outbound: CallStatistics.Outbound
        var process: ProcessUsage
    }

    private struct Failure: Encodable {
        var event = "error"
        var code: String
        var message: String
    }
}

/// Lines for people.
struct TextBotOutput: BotOutput {
    func joined(id: String, name: String, room: String) {
        say("In \(room) as \(name).")
    }

    func call(_ info: CallInfo, _ state: CallMachine.State, milliseconds: Int) {
        switch state {
        case .ringing: say(info.direction == .incoming ? "\(info.peer.name) calls." : "Calling \(info.peer.name).")
        case .connecting: say("Connecting to \(info.peer.name).")
        case .connected: say("Connected to \(info.peer.name) after \(milliseconds) ms.")
        case .reconnecting: say("The path to \(info.peer.name) is lost; looking for another.")
        case .ended(let end): say(end.sentence(peer: info.peer.name, direction: info.direction))
        }
    }

    func firstFrame(_ info: CallInfo, milliseconds: Int) {
        say("First picture after \(milliseconds) ms.")
    }

    func statistics(_ info: CallInfo, _ statistics: CallStatistics, seconds: Double) {}

    func error(code: String, message: String) {
        Standard.error(message)
    }

    func note(_ text: String) {
        Standard.error(text)
    }

    private func say(_ text: String) {
        Standard.output(Standard.text(text))
    }
}

extension CallMachine.State {
    /// As the `call` event names it.
    fileprivate var name: String {
        switch self {
        case .ringing: "ringing"
        case .connecting: "connecting"
        case .connected: "connected"
        // The protocol of the output knows no such state: the call is being connected again.
        case .reconnecting: "connecting"
        case .ended: "ended"
        }
    }
}

/// What the process has used so far.
private struct ProcessUsage: Encodable {
    var cpuSeconds: Double
    var maxResidentBytes: Int?

    static var now: ProcessUsage {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let seconds = { (time: timeval) in Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return ProcessUsage(cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime), maxResidentBytes: maximumResidentBytes)
    }

    /// The kernel's high-water mark of this program alone: `ru_maxrss` begins with that of whoever started it.
    private static var maximumResidentBytes: Int? {
        guard let status = try? TextFile.read("/proc/self/status", limit: 64 * 1024) else { return nil }
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }
}
