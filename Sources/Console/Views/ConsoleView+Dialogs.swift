import TerminalVideo

/// What lies over the screen for a while.
extension ConsoleView {
    package static func drawIncoming(_ incoming: ConsoleState.IncomingCall, into scene: inout Scene, at now: ContinuousClock.Instant) {
        let what = incoming.hasVideo ? "with video" : "audio only"
        let ringing = "\(incoming.isSilenced ? "silenced" : "ringing") \((now - incoming.since).clockText(short: true))"
        guard scene.canvas.columns >= 60, scene.canvas.rows >= 12 else {
            let inside = scene.dialog(title: "Incoming call", columns: 34, rows: 5)
            scene.canvas.put(
                "\(incoming.peerName), \(what)", column: inside.column, row: inside.row, style: .strong, limit: inside.endColumn)
            scene.canvas.put(ringing, column: inside.column, row: inside.row + 1, limit: inside.endColumn)
            drawLines(["Enter accept   a audio only", "d decline      Esc silence"], in: inside.dropping(rows: 3), into: &scene)
            return
        }
        let inside = scene.dialog(title: "Incoming call", columns: 58, rows: 7)
        let left = inside.column + 1
        scene.canvas.put(
            "\(incoming.peerName) is calling you, \(what)", column: left, row: inside.row + 1, style: .strong, limit: inside.endColumn)
        scene.canvas.put("identity not verified", column: left, row: inside.row + 2, style: .dim, limit: inside.endColumn)
        scene.canvas.put(ringing, column: left + 35, row: inside.row + 2, limit: inside.endColumn)
        let keys = [[("Enter", "accept"), ("a", "accept, audio only")], [("d", "decline"), ("Esc", "silence, keep ringing")]]
        for (offset, pair) in keys.enumerated() {
            for (index, key) in pair.enumerated() {
                let column = left + 29 * index
                scene.canvas.put(key.0, column: column, row: inside.row + 4 + offset, style: .key, limit: inside.endColumn)
                scene.canvas.put(key.1, column: column + 7, row: inside.row + 4 + offset, limit: inside.endColumn)
            }
        }
    }

    package static func drawQuitQuestion(_ state: ConsoleState, into scene: inout Scene) {
        let name = state.call?.peerName ?? ""
        let inside = scene.dialog(title: "Quit", columns: 46, rows: 5)
        scene.canvas.put(
            "End the call with \(DisplayText.fitted(name, columns: 16)) and quit?", column: inside.column, row: inside.row, style: .strong,
            limit: inside.endColumn)
        let keys = [("y", "yes, quit"), ("e", "end the call, stay here"), ("n", "no, go on with the call")]
        for (offset, key) in keys.enumerated() where offset + 2 < inside.rows {
            scene.canvas.put(key.0, column: inside.column, row: inside.row + 2 + offset, style: .key, limit: inside.endColumn)
            scene.canvas.put(key.1, column: inside.column + 4, row: inside.row + 2 + offset, limit: inside.endColumn)
        }
    }

    package static func drawHelp(_ state: ConsoleState, into scene: inout Scene) {
        let keys = state.isInCall ? callHelp : rosterHelp
        let all = keys + commonHelp
        let isTwoColumns = scene.canvas.columns >= 72
        let rows = (isTwoColumns ? (all.count + 1) / 2 : all.count) + (state.logPath == nil ? 0 : 2)
        let inside = scene.dialog(title: "Keys", columns: isTwoColumns ? 70 : 38, rows: rows)
        let perColumn = isTwoColumns ? (all.count + 1) / 2 : all.count
        for (index, key) in all.enumerated() {
            let column = inside.column + (index / perColumn) * 38
            let row = inside.row + index % perColumn
            guard row < inside.endRow else { continue }
            let limit = min(inside.endColumn, column + 37)
            scene.canvas.put(key.0, column: column, row: row, style: .key, limit: limit)
            scene.canvas.put(key.1, column: column + 8, row: row, limit: limit)
        }
        if let path = state.logPath, inside.row + perColumn + 1 < inside.endRow {
            scene.canvas.put("log: \(path)", column: inside.column, row: inside.row + perColumn + 1, style: .dim, limit: inside.endColumn)
        }
    }

    private static let rosterHelp = [
        ("up k", "choose who is above"), ("down j", "choose who is below"), ("Enter", "call with video"), ("a", "call, audio only"),
        ("/", "find by name"), ("s", "change your status"), ("R", "call the last one again"),
        ("p", "try camera and microphone"),
    ]

    private static let callHelp = [
        ("m", "microphone on or off"), ("v", "camera on or off"), ("e b", "end the call"), ("l", "self view: small, large, off"),
        ("r", "picture of other characters"), ("c", "more or fewer colours"), ("n", "statistics"), ("z", "picture on the full screen"),
    ]

    private static let commonHelp = [
        ("D", "camera, sound devices"), (":", "commands by name"), ("Esc", "back"), ("Ctrl-L", "draw anew"), ("Ctrl-Z", "suspend"),
        ("q", "quit; asks in a call"),
        ("Ctrl-C", "twice: quit at once"), ("? F1", "this help"),
    ]
}

extension CellRect {
    fileprivate func dropping(rows count: Int) -> CellRect {
        CellRect(column: column, row: row + count, columns: columns, rows: rows - count)
    }
}
