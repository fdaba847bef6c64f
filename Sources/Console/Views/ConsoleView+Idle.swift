import TerminalVideo

/// The screen without a call: who is here, and what can be done.
extension ConsoleView {
    package static func drawIdle(_ state: ConsoleState, into scene: inout Scene) {
        let columns = scene.canvas.columns
        let rows = scene.canvas.rows
        drawIdleHeader(state, into: &scene)
        var bottom = rows - 1
        if let note = state.note {
            bottom -= 1
            drawNote(note, row: bottom, into: &scene)
        }
        let body = CellRect(column: 0, row: 1, columns: columns, rows: bottom - 1)
        if columns < framed.columns || rows < framed.rows {
            drawPeople(state, in: body, into: &scene)
        } else {
            let left = max(30, columns * 46 / 100)
            let isFour = columns >= fourPanes.columns && rows >= fourPanes.rows
            let upper = isFour ? body.rows - min(9, body.rows / 3 + 1) : body.rows
            // The panes share their borders.
            let upperRows = isFour ? upper + 1 : upper
            let people = CellRect(column: 0, row: 1, columns: left, rows: upperRows)
            let person = CellRect(column: left - 1, row: 1, columns: columns - left + 1, rows: upperRows)
            let count = state.roster.count
            scene.canvas.frame(people, title: count == 0 ? "People" : "People: \(count) online")
            scene.canvas.frame(person, title: state.chosen?.name ?? "Nobody yet")
            drawPeople(state, in: inside(people), into: &scene)
            drawPerson(state, in: inside(person), into: &scene)
            var recent: CellRect?
            if isFour {
                let lower = CellRect(column: 0, row: people.endRow - 1, columns: left, rows: body.endRow - people.endRow + 1)
                let devices = CellRect(column: left - 1, row: lower.row, columns: columns - left + 1, rows: lower.rows)
                let missed = state.recent.filter { $0.kind == .missed }.count
                scene.canvas.frame(lower, title: missed == 0 ? "Recent" : "Recent: \(missed) missed")
                scene.canvas.frame(devices, title: "Before you call")
                drawRecent(state, in: inside(lower), into: &scene)
                drawDevices(state, in: inside(devices), into: &scene)
                recent = lower
            }
            joinBorders(people, recent, into: &scene)
        }
        drawFooter(idleKeys(state), into: &scene)
    }

    private static func inside(_ rect: CellRect) -> CellRect {
        CellRect(column: rect.column + 2, row: rect.row + 1, columns: rect.columns - 3, rows: rect.rows - 2)
    }

    /// Where panes meet, their borders cross.
    private static func joinBorders(_ upper: CellRect, _ lower: CellRect?, into scene: inout Scene) {
        guard scene.canvas.isUTF8 else { return }
        let middle = upper.endColumn - 1
        var crossings = [("┬", middle, upper.row), ("┴", middle, (lower ?? upper).endRow - 1)]
        if let lower {
            crossings += [("├", 0, lower.row), ("┼", middle, lower.row), ("┤", scene.canvas.columns - 1, lower.row)]
        }
        for (text, column, row) in crossings { scene.canvas.put(text, column: column, row: row, style: .border) }
    }

    private static func drawIdleHeader(_ state: ConsoleState, into scene: inout Scene) {
        let columns = scene.canvas.columns
        scene.canvas.fill(CellRect(column: 0, row: 0, columns: columns, rows: 1), style: .bar)
        let place: String
        switch state.link {
        case .starting: place = "starting"
        case .connecting(let server): place = "connecting to \(server)"
        case .online: place = "\(state.room) @ \(state.server)"
        case .offline(let reason): place = "no server (\(reason)), trying again"
        }
        var right = state.wallClock.hoursAndMinutes + " "
        if columns >= framed.columns, state.link == .online { right = "\(state.name): \(state.status.rawValue)   \(right)" }
        let rightStart = columns - DisplayText.width(right)
        let isWide = columns >= framed.columns
        let next = scene.canvas.put(" glyphone", column: 0, row: 0, style: .bar)
        scene.canvas.put((isWide ? "  " : " ") + place, column: next, row: 0, style: .bar, limit: rightStart - 1)
        scene.canvas.put(right, column: rightStart, row: 0, style: .bar)
    }

    private static func drawPeople(_ state: ConsoleState, in rect: CellRect, into scene: inout Scene) {
        let peers = state.shownPeers
        guard !peers.isEmpty, rect.rows > 0 else {
            drawLines(emptyRoster(state), in: rect, into: &scene)
            return
        }
        let chosen = state.chosenIndex ?? 0
        // The chosen row stays in view, with the list as still as possible.
        let first = max(0, min(chosen - rect.rows / 2, peers.count - rect.rows))
        let nameWidth = min(max(10, peers.map { DisplayText.width($0.name) }.max() ?? 10), max(8, rect.columns - 22))
        for (offset, peer) in peers[first..<min(peers.count, first + rect.rows)].enumerated() {
            let row = rect.row + offset
            let isChosen = first + offset == chosen
            let style: TextStyle = isChosen ? .selected : .plain
            if isChosen { scene.canvas.fill(CellRect(column: rect.column - 1, row: row, columns: rect.columns, rows: 1), style: style) }
            scene.canvas.put(isChosen ? ">" : " ", column: rect.column - 1, row: row, style: style)
            let name = DisplayText.fitted(peer.name, columns: nameWidth)
            scene.canvas.put(name, column: rect.column + 1, row: row, style: style, limit: rect.endColumn)
            var column = rect.column + nameWidth + 2
            let statusStyle: TextStyle = isChosen ? style : peer.status == .available ? .good : .dim
            column = scene.canvas.put(peer.status.rawValue, column: column, row: row, style: statusStyle, limit: rect.endColumn)
            if let since = peer.since, column + 6 < rect.endColumn {
                let text = Duration.roundedText(seconds: state.wallClock.unixSeconds - since)
                let start = max(column + 1, rect.column + nameWidth + 13)
                scene.canvas.put(text, column: start, row: row, style: isChosen ? style : .dim, limit: rect.endColumn)
            }
        }
    }

    /// What to do where nobody is.
    private static func emptyRoster(_ state: ConsoleState) -> [String] {
        switch state.link {
        case .starting, .connecting: return ["Looking for the server..."]
        case .offline(let reason):
            return ["No connection to the server:", reason, "", "It is tried again by itself.", "q quits."]
        case .online:
            if !state.filter.isEmpty { return ["Nobody's name has \"\(state.filter)\" in it.", "Esc shows all."] }
            return [
                "Nobody else is here yet.", "", "Others join this room with", "  glyphone --server URL", "    --room \(state.room)", "",
                "or in a browser, at the", "server's own address.",
            ]
        }
    }

    private static func drawPerson(_ state: ConsoleState, in rect: CellRect, into scene: inout Scene) {
        guard let peer = state.chosen else {
            drawLines(["Who joins appears on the left.", "", "s  your own status", "?  all keys"], in: rect, into: &scene)
            return
        }
        var lines: [(String, String)] = []
        if let since = peer.since {
            let time = WallTime.hoursAndMinutes(since, offset: state.wallClock.offset)
            lines.append(("", "\(peer.status.rawValue.capitalizedFirst) since \(time)"))
        } else {
            lines.append(("", peer.status.rawValue.capitalizedFirst))
        }
        if let client = peer.client { lines.append(("Client", client)) }
        if let last = state.recent.first(where: { $0.peerName == peer.name }) {
            lines.append(("Last call", "\(last.kind.rawValue) \(WallTime.hoursAndMinutes(last.at, offset: state.wallClock.offset))"))
        }
        var row = rect.row
        for (label, text) in lines where row < rect.endRow {
            scene.canvas.put(label, column: rect.column, row: row, style: .dim, limit: rect.endColumn)
            scene.canvas.put(text, column: rect.column + (label.isEmpty ? 0 : 10), row: row, limit: rect.endColumn)
            row += 1
        }
        row += 1
        for (key, word) in [("Enter", "Call with video"), ("a", "Call, audio only")] where row < rect.endRow {
            scene.canvas.put(key, column: rect.column, row: row, style: .key, limit: rect.endColumn)
            scene.canvas.put(word, column: rect.column + 7, row: row, limit: rect.endColumn)
            row += 1
        }
    }

    private static func drawRecent(_ state: ConsoleState, in rect: CellRect, into scene: inout Scene) {
        guard !state.recent.isEmpty else {
            scene.canvas.put("No calls yet.", column: rect.column, row: rect.row, style: .dim, limit: rect.endColumn)
            return
        }
        for (offset, call) in state.recent.prefix(max(0, rect.rows)).enumerated() {
            let row = rect.row + offset
            let isMissed = call.kind == .missed
            scene.canvas.put(isMissed ? "!" : " ", column: rect.column - 1, row: row, style: .warning)
            scene.canvas.put(
                call.kind.rawValue, column: rect.column + 1, row: row, style: isMissed ? .warning : .dim, limit: rect.endColumn)
            let time = WallTime.hoursAndMinutes(call.at, offset: state.wallClock.offset)
            scene.canvas.put(call.peerName, column: rect.column + 10, row: row, limit: rect.endColumn - 7)
            scene.canvas.put(time, endingAt: rect.endColumn - 1, row: row, style: .dim)
        }
    }

    private static func drawDevices(_ state: ConsoleState, in rect: CellRect, into scene: inout Scene) {
        for (offset, device) in state.devices.prefix(max(0, rect.rows)).enumerated() {
            scene.canvas.put(device.label, column: rect.column, row: rect.row + offset, style: .dim, limit: rect.endColumn)
            scene.canvas.put(device.text, column: rect.column + 9, row: rect.row + offset, limit: rect.endColumn)
        }
    }

    package static func drawLines(_ lines: [String], in rect: CellRect, into scene: inout Scene) {
        for (offset, line) in lines.prefix(max(0, rect.rows)).enumerated() {
            scene.canvas.put(line, column: rect.column, row: rect.row + offset, limit: rect.endColumn)
        }
    }

    private static func idleKeys(_ state: ConsoleState) -> [FooterKey] {
        if state.incoming != nil {
            return [("Enter", "accept"), ("a", "audio only"), ("d", "decline"), ("Esc", "silence")]
        }
        var keys: [FooterKey] = []
        if !state.shownPeers.isEmpty {
            keys += [(state.isUTF8 ? "↑↓" : "j/k", "choose"), ("Enter", "call"), ("a", "audio only"), ("/", "find")]
        }
        keys += [("s", "status")]
        if !state.recent.isEmpty { keys += [("R", "redial")] }
        keys += [("p", "preview"), ("D", "devices")]
        return keys + [(":", "commands"), ("q", "quit"), ("?", "help")]
    }
}

extension String {
    package var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
