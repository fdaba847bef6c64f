import TerminalIO
import TerminalVideo

/// A whole screen: characters, and where the pictures go.
package struct Scene: Equatable {
    package var canvas: Canvas
    /// Where the other side's picture goes.
    package var remote: CellRect?
    /// Where the own picture goes.
    package var own: CellRect?
    /// What lies over the pictures.
    package var covers: [CellRect] = []
    /// Where the cursor stands, when text is typed.
    package var cursor: Cursor?

    package struct Cursor: Equatable {
        package var column: Int
        package var row: Int
    }

    /// What lies over the other side's picture, the own picture's box included.
    package var remoteCovers: [CellRect] {
        guard let own else { return covers }
        return covers + [CellRect(column: own.column - 1, row: own.row - 1, columns: own.columns + 2, rows: own.rows + 2)]
    }

    /// Draws a box with a title over whatever is there, in the middle of the screen.
    ///
    /// - Returns: its inside.
    package mutating func dialog(title: String, columns: Int, rows: Int) -> CellRect {
        let width = min(columns + 4, canvas.columns)
        let height = min(rows + 2, max(canvas.rows - 1, 1))
        let rect = CellRect(
            column: (canvas.columns - width) / 2, row: max(0, (canvas.rows - height) / 2), columns: width, rows: height)
        return box(rect, title: title)
    }

    /// Draws a box with a title over whatever is there.
    ///
    /// - Returns: its inside.
    package mutating func box(_ rect: CellRect, title: String) -> CellRect {
        guard rect.columns > 4, rect.rows > 2 else {
            canvas.fill(rect)
            covers.append(rect)
            return rect
        }
        canvas.frame(rect, title: title)
        covers.append(rect)
        return CellRect(column: rect.column + 2, row: rect.row + 1, columns: rect.columns - 4, rows: rect.rows - 2)
    }
}

/// A console's screen as a function of its state.
package enum ConsoleView {
    /// Below this there is a status line only, in columns and rows.
    package static let smallest = (columns: 20, rows: 5)
    /// From this on there are frames and panes.
    package static let framed = (columns: 60, rows: 16)
    /// From this on there are four panes.
    package static let fourPanes = (columns: 72, rows: 20)

    package static func scene(of state: ConsoleState, at now: ContinuousClock.Instant) -> Scene {
        var scene = Scene(canvas: Canvas(columns: state.size.columns, rows: state.size.rows, isUTF8: state.isUTF8))
        guard state.size.columns >= smallest.columns, state.size.rows >= smallest.rows else {
            drawStatusLineOnly(state, into: &scene, at: now)
            return scene
        }
        if state.call != nil {
            drawCall(state, into: &scene, at: now)
        } else {
            drawIdle(state, into: &scene)
        }
        if let incoming = state.incoming { drawIncoming(incoming, into: &scene, at: now) }
        switch state.overlay {
        case .none: break
        case .help: drawHelp(state, into: &scene)
        case .quitQuestion: drawQuitQuestion(state, into: &scene)
        case .devices: drawDeviceChoices(state, into: &scene)
        case .preview: drawPreview(state, into: &scene)
        }
        if let field = state.textField { drawTextField(field, into: &scene) }
        return scene
    }

    /// A window too small for anything else: calls go on all the same.
    private static func drawStatusLineOnly(_ state: ConsoleState, into scene: inout Scene, at now: ContinuousClock.Instant) {
        let text =
            if let incoming = state.incoming {
                "\(incoming.peerName) calls: Enter/d"
            } else if let call = state.call {
                "\(call.peerName) \(duration(of: call, at: now).clockText(short: true)) e ends"
            } else {
                "glyphone: \(state.roster.count) online"
            }
        scene.canvas.put(text, column: 0, row: 0)
    }

    package static func duration(of call: ConsoleState.Call, at now: ContinuousClock.Instant) -> Duration {
        now - (call.connectedAt ?? call.since)
    }

    /// The line that takes text, in place of the footer.
    private static func drawTextField(_ field: ConsoleState.TextField, into scene: inout Scene) {
        let row = scene.canvas.rows - 1
        let rect = CellRect(column: 0, row: row, columns: scene.canvas.columns, rows: 1)
        scene.canvas.fill(rect)
        scene.covers.append(rect)
        let prompt = field.purpose == .command ? " typing: :" : " typing: /"
        var column = scene.canvas.put(prompt, column: 0, row: row, style: .strong)
        // The end of a long line is what is being typed.
        let room = max(1, scene.canvas.columns - column - 2)
        var shown = field.text
        while DisplayText.width(shown) > room { shown.removeFirst() }
        column = scene.canvas.put(shown, column: column, row: row)
        scene.cursor = Scene.Cursor(column: min(column, scene.canvas.columns - 1), row: row)
        let keys: [FooterKey] =
            field.purpose == .command
            ? [("Enter", "run"), ("Tab", "complete"), ("Esc", "back")] : [("Enter", "keep"), ("Esc", "show all")]
        drawFooter(keys, into: &scene, from: max(column + 3, 32))
    }

    package typealias FooterKey = (key: String, word: String)

    /// The keys that work now, as many as fit; the last one always, as it is the way to the others.
    package static func drawFooter(_ keys: [FooterKey], into scene: inout Scene, from start: Int = 1) {
        let row = scene.canvas.rows - 1
        let end = scene.canvas.columns
        func width(_ key: FooterKey) -> Int { DisplayText.width(key.key) + 1 + DisplayText.width(key.word) + 2 }
        guard let last = keys.last else { return }
        var column = start
        var shown: [FooterKey] = []
        for key in keys.dropLast() where column + width(key) + width(last) - 2 <= end {
            column += width(key)
            shown.append(key)
        }
        column = start
        for key in shown + [last] where column + width(key) - 2 <= end {
            let next = scene.canvas.put(key.key, column: column, row: row, style: .key)
            column = scene.canvas.put(key.word, column: next + 1, row: row, style: .dim) + 2
        }
    }

    /// News: when it happened and what.
    package static func drawNote(_ note: ConsoleState.Note, row: Int, into scene: inout Scene) {
        let column = scene.canvas.put(" \(note.time)  ", column: 0, row: row, style: .dim)
        scene.canvas.put(note.text, column: scene.canvas.columns < framed.columns ? 0 : column, row: row, style: .strong)
    }
}
