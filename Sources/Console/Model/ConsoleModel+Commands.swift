import TerminalIO

/// The line that takes text: commands after `:`, a name to find after `/`.
extension ConsoleModel {
    /// The commands, in the order of completion.
    package static let commands = [
        "accept", "audio", "call", "camera", "colours", "decline", "devices", "end", "full", "help", "microphone", "picture", "preview",
        "quit",
        "reconnect", "redraw", "selfview", "speaker", "statistics", "status",
    ]

    package mutating func handleTyping(_ key: Key, at now: ContinuousClock.Instant) {
        switch key {
        case .character(let character): type(String(character))
        case .backspace:
            update {
                if $0.textField?.text.isEmpty == true { $0.textField = nil } else { $0.textField?.text.removeLast() }
            }
            find()
        case .control("u"):
            update { $0.textField?.text = "" }
            find()
        case .tab: complete()
        case .escape:
            if state.textField?.purpose == .find { update { $0.filter = "" } }
            stopTyping(at: now)
        case .enter:
            guard let field = state.textField else { return }
            stopTyping(at: now)
            if field.purpose == .command { run(field.text, at: now) }
        default: break
        }
    }

    /// Adds to the line.
    package mutating func type(_ text: String) {
        update { state in
            let line = (state.textField?.text ?? "") + DisplayText.printable(text, limit: Self.longestLine)
            state.textField?.text = String(line.prefix(Self.longestLine))
        }
        find()
    }

    private mutating func find() {
        guard let field = state.textField, field.purpose == .find else { return }
        update { state in
            state.filter = field.text
            state.chosenPeer = state.shownPeers.first?.id
        }
    }

    private mutating func stopTyping(at now: ContinuousClock.Instant) {
        update {
            $0.textField = nil
            // What is typed on must not answer a call that rang meanwhile.
            if let incoming = $0.incoming { $0.incoming?.ignoresKeysUntil = max(incoming.ignoresKeysUntil, now + Self.incomingGuard) }
        }
    }

    /// Completes the command, or the name after it, as far as it is certain.
    private mutating func complete() {
        guard let field = state.textField, field.purpose == .command else { return }
        let words = field.text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        if words.count < 2 {
            let matches = Self.commands.filter { $0.hasPrefix(field.text) }
            guard let common = Self.commonPrefix(matches) else { return }
            update { $0.textField?.text = matches.count == 1 ? common + " " : common }
        } else if words[0] == "call" || words[0] == "audio" {
            let matches = state.roster.map(\.name).filter { $0.lowercased().hasPrefix(words[1].lowercased()) }
            guard let common = Self.commonPrefix(matches) else { return }
            update { $0.textField?.text = "\(words[0]) \(common)" }
        }
    }

    private static func commonPrefix(_ words: [String]) -> String? {
        guard var common = words.first else { return nil }
        for word in words.dropFirst() {
            while !word.hasPrefix(common) { common.removeLast() }
        }
        return common
    }

    private mutating func run(_ line: String, at now: ContinuousClock.Instant) {
        let words = line.split(separator: " ", maxSplits: 1)
        guard let typed = words.first.map(String.init) else { return }
        let matches = Self.commands.filter { $0.hasPrefix(typed) }
        guard let command = matches.first(where: { $0 == typed }) ?? (matches.count == 1 ? matches[0] : nil) else {
            let hint =
                matches.isEmpty ? "there is: \(Self.commands.joined(separator: " "))" : "it could be: \(matches.joined(separator: " "))"
            return note("\"\(typed)\" is no command; \(hint)", at: now)
        }
        let argument = words.count > 1 ? words[1].trimmingSpaces : ""
        switch command {
        case "call", "audio":
            guard let peer = argument.isEmpty ? state.chosen : state.roster.first(where: { $0.name == argument }) else {
                return note("\"\(argument)\" is not online", at: now)
            }
            guard !state.isInCall else { return note("a call is going on; e ends it", at: now) }
            call(peer, video: command == "call", at: now)
        case "camera" where argument.hasPrefix("/") || argument == "test": use(.camera, named: argument, at: now)
        case "camera" where !argument.isEmpty: emit(.action(.adjustCamera(setting: argument)))
        case "status":
            guard let status = Presence.allCases.first(where: { $0 != .inCall && $0.rawValue.hasPrefix(argument) }) else {
                return note("a status is available, away or do not disturb", at: now)
            }
            update { $0.status = status }
            emit(.action(.setStatus(status)))
        case "reconnect":
            guard let call = state.call, call.connectedAt != nil else { return note("there is no call at present", at: now) }
            emit(.action(.reconnect))
            note("looking for another path", at: now)
        case "microphone" where !argument.isEmpty: use(.microphone, named: argument, at: now)
        case "preview" where state.isInCall:
            note("your picture is in the corner, l makes it larger; a preview is for before a call", at: now)
        case "speaker": use(.speaker, named: argument, at: now)
        default: runKey(command, at: now)
        }
    }

    /// Commands that do what a key does.
    private mutating func runKey(_ command: String, at now: ContinuousClock.Instant) {
        let keys: [String: Key] = [
            "accept": .enter, "decline": .character("d"), "end": .character("e"), "camera": .character("v"), "microphone": .character("m"),
            "colours": .character("c"), "devices": .character("D"), "picture": .character("r"), "preview": .character("p"),
            "full": .character("z"),
            "help": .character("?"),
            "quit": .character("q"), "redraw": .control("l"), "selfview": .character("l"), "statistics": .character("n"),
        ]
        let needsCall = !["accept", "decline", "devices", "help", "preview", "quit", "redraw"].contains(command)
        if needsCall, !state.isInCall { return note("there is no call at present", at: now) }
        if command == "accept" || command == "decline" {
            guard state.incoming != nil else { return note("nobody is calling", at: now) }
            // Typed in full: no accident.
            update { $0.incoming?.ignoresKeysUntil = now }
        }
        if let key = keys[command] { handleKey(key, at: now) }
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
