import TerminalIO
import TerminalVideo

/// The screen of a call: a status line, the picture, a line of news, the keys.
extension ConsoleView {
    package static func drawCall(_ state: ConsoleState, into scene: inout Scene, at now: ContinuousClock.Instant) {
        guard let call = state.call else { return }
        let columns = scene.canvas.columns
        let rows = scene.canvas.rows
        let isShown = state.hasRemotePicture && call.remoteHasVideo && call.connectedAt != nil
        let isFull = state.isFull && isShown
        let area = pictureArea(state.size, isFull: isFull)
        if isShown {
            scene.canvas.fill(area, style: .picture)
            scene.remote = area
        } else {
            drawPlaceholder(state, call, in: area, into: &scene, at: now)
        }
        if !isFull {
            drawStatusLine(state, call, into: &scene, at: now)
            drawFooter(callKeys(state, call), into: &scene)
        }
        drawSelfView(state, in: area, into: &scene)
        if state.showsStatistics { drawStatistics(state, call, in: area, into: &scene) }
        if let note = state.note {
            let row = isFull ? rows - 1 : rows - 2
            let rect = CellRect(column: 0, row: row, columns: columns, rows: 1)
            scene.canvas.fill(rect)
            drawNote(note, row: row, into: &scene)
            if isFull { scene.covers.append(rect) }
        }
    }

    /// Where the other side's picture goes.
    private static func pictureArea(_ size: TerminalSize, isFull: Bool) -> CellRect {
        let rows = isFull ? size.rows : max(size.rows - 3, 0)
        return CellRect(column: 0, row: isFull ? 0 : 1, columns: size.columns, rows: rows)
    }

    /// What there is for the other side's picture, in a call that is on or in the next.
    package static func shownPixels(of state: ConsoleState, on line: PaintedLine) -> ShownPixels {
        var style = state.style
        style.sixel = line.sixel
        let area = pictureArea(state.size, isFull: state.isFull)
        return ShownPixels(
            width: area.columns * style.detail.across, height: area.rows * style.detail.down, framesPerSecond: line.mostFramesPerSecond)
    }

    /// The good, the fair and the poor, by what people notice: loss before delay.
    package static func quality(_ statistics: ConsoleStatistics) -> (word: String, bars: String, style: TextStyle)? {
        guard let delay = statistics.roundTripMilliseconds else { return nil }
        let loss = statistics.lossFraction ?? 0
        if loss < 0.02, delay < 250 { return ("good", "||||", .good) }
        if loss < 0.05, delay < 500 { return ("fair", "||..", .warning) }
        return ("poor", "|...", .bad)
    }

    private static func drawStatusLine(
        _ state: ConsoleState, _ call: ConsoleState.Call, into scene: inout Scene, at now: ContinuousClock.Instant
    ) {
        let columns = scene.canvas.columns
        let isWide = columns >= framed.columns
        scene.canvas.fill(CellRect(column: 0, row: 0, columns: columns, rows: 1), style: .bar)

        // From the right: what is left out first on a narrow screen stands farthest from the edge.
        var right: [String] = []
        let statistics = call.statistics
        if call.phase == .connected, let quality = quality(statistics) {
            right.append(isWide ? "\(quality.word)  \(quality.bars)" : quality.word)
            right.append("\(Int((statistics.roundTripMilliseconds ?? 0).rounded()))\(isWide ? " ms" : "ms")")
            if let loss = statistics.lossFraction {
                let tenths = Int((min(max(loss, 0), 1) * 1000).rounded())
                right.append("\(tenths / 10).\(tenths % 10)%\(isWide ? " lost" : "")")
            }
            if let rate = statistics.receivedKilobitsPerSecond, columns >= 76 { right.append("\(Int(rate.rounded())) kbit/s") }
            switch statistics.sentPicture {
            case .whole: break
            case .reduced: if columns >= 96 { right.append("video reduced") }
            case .paused: right.append(isWide ? "video paused" : "no video")
            }
        }
        let rightText = right.joined(separator: isWide ? "  " : " ") + " "
        let rightStart = columns - DisplayText.width(rightText)
        scene.canvas.put(rightText, column: rightStart, row: 0, style: .bar)

        let phase =
            switch call.phase {
            case .ringing: "ringing"
            case .connecting: "connecting"
            case .connected: ""
            case .reconnecting: "RECONNECTING"
            }
        var left: [String] = [duration(of: call, at: now).clockText(short: !isWide)]
        if !phase.isEmpty { left.append(phase) }
        if !state.isMicrophoneOn {
            left.append("MUTED")
        } else if isWide, let levels = state.levels, !state.hasOwnPicture || !state.isCameraOn || state.selfView == .hidden {
            // Otherwise below the own picture.
            left.append("mic \(meter(levels.microphone, columns: 4))")
        }
        if let reduction = state.reduction, columns >= framed.columns {
            left.append(columns >= 100 ? "slow line: \(reduction.text)" : "slow line")
        }
        if !state.isCameraOn { left.append(isWide ? "camera off" : "cam off") }
        if columns >= 90 || (left.count == 1 && columns >= 76) {
            if let isRelayed = statistics.isRelayed { left.append(isRelayed ? "relayed" : "direct") }
            if columns >= 90 { left.append("not verified") }
        }
        let nameWidth = max(4, min(DisplayText.width(call.peerName), columns / 4))
        let gap = isWide ? "  " : " "
        let text = (isWide ? " " : "") + DisplayText.fitted(call.peerName, columns: nameWidth) + gap + left.joined(separator: gap)
        scene.canvas.put(text, column: 0, row: 0, style: .bar, limit: max(rightStart - 1, 0))
    }

    /// What stands where there is no picture.
    private static func drawPlaceholder(
        _ state: ConsoleState, _ call: ConsoleState.Call, in area: CellRect, into scene: inout Scene, at now: ContinuousClock.Instant
    ) {
        let elapsed = (now - call.since).clockText(short: true)
        let lines: [(String, TextStyle)] =
            switch call.phase {
            case .ringing:
                [("Calling \(call.peerName)", .strong), ("ringing \(elapsed)", .plain), ("", .plain), ("e  cancel", .key)]
            case .connecting:
                [("Connecting to \(call.peerName)", .strong), (elapsed, .plain), ("", .plain), ("e  give up", .key)]
            case .connected where call.remoteHasVideo:
                [(spaced(call.peerName), .strong), ("", .plain), ("waiting for the picture", .dim)]
            case .connected:
                [(spaced(call.peerName), .strong), ("", .plain), (call.remoteHasAudio ? "camera off" : "camera off, muted", .dim)]
            case .reconnecting:
                [("Reconnecting to \(call.peerName)", .strong), (elapsed, .plain), ("", .plain), ("e  end the call", .key)]
            }
        let top = area.row + max(0, (area.rows - lines.count) / 2)
        for (offset, line) in lines.enumerated() where top + offset < area.endRow {
            scene.canvas.put(line.0, centredIn: area, row: top + offset, style: line.1)
        }
    }

    private static func spaced(_ name: String) -> String {
        name.count <= 12 ? name.uppercased().map(String.init).joined(separator: " ") : name
    }

    private static func drawSelfView(_ state: ConsoleState, in area: CellRect, into scene: inout Scene) {
        guard state.selfView != .hidden, state.hasOwnPicture, state.isCameraOn, area.columns >= 50, area.rows >= 12 else { return }
        let share = state.selfView == .large ? 3 : 5
        let columns = min(max(area.columns / share, 14), 60)
        let aspect = state.size.cellAspect ?? 0.5
        let rows = min(max(Int((Double(columns) * aspect * 3 / 4).rounded()), 3), area.rows / 2)
        let rect = CellRect(column: area.endColumn - columns - 2, row: area.row, columns: columns + 2, rows: rows + 2)
        scene.canvas.frame(rect, title: "you")
        let microphone = state.isMicrophoneOn ? " mic \(state.levels.map { meter($0.microphone, columns: 4) } ?? "on") " : " MUTED "
        scene.canvas.put(
            microphone, endingAt: rect.endColumn - 2, row: rect.endRow - 1, style: state.isMicrophoneOn ? .border : .warning)
        let inside = CellRect(column: rect.column + 1, row: rect.row + 1, columns: columns, rows: rows)
        scene.canvas.fill(inside, style: .picture)
        scene.own = inside
    }

    private static func drawStatistics(_ state: ConsoleState, _ call: ConsoleState.Call, in area: CellRect, into scene: inout Scene) {
        var lines = call.statistics.details.map { (DisplayText.printable($0.label), DisplayText.printable($0.value)) }
        if let drawing = state.drawing {
            let tenths = Int((drawing.cpuMillisecondsPerFrame * 10).rounded())
            lines.append(("picture", "\(state.style.glyphs.rawValue), \(state.style.colours.rawValue)"))
            lines.append(("drawing", "\(drawing.framesPerSecond)/s  \(drawing.kilobytesPerSecond) kB/s  \(tenths / 10).\(tenths % 10) ms"))
        }
        if lines.isEmpty { lines = [("", "nothing measured yet")] }
        let labelWidth = (lines.map { DisplayText.width($0.0) }.max() ?? 0) + 2
        let width = min(area.columns, labelWidth + (lines.map { DisplayText.width($0.1) }.max() ?? 0) + 4)
        let height = min(area.rows, lines.count + 2)
        let inside = scene.box(CellRect(column: area.column, row: area.row, columns: width, rows: height), title: "Statistics")
        for (offset, line) in lines.prefix(inside.rows).enumerated() {
            scene.canvas.put(line.0, column: inside.column, row: inside.row + offset, style: .dim, limit: inside.endColumn)
            scene.canvas.put(line.1, column: inside.column + labelWidth, row: inside.row + offset, limit: inside.endColumn)
        }
    }

    private static func callKeys(_ state: ConsoleState, _ call: ConsoleState.Call) -> [FooterKey] {
        if state.incoming != nil {
            return [("Enter", "accept"), ("a", "audio only"), ("d", "decline"), ("Esc", "silence")]
        }
        if call.phase == .ringing { return [("e", "cancel"), ("m", state.isMicrophoneOn ? "mute" : "unmute"), ("?", "help")] }
        let isNarrow = scene80(state)
        return [
            ("m", state.isMicrophoneOn ? "mute" : "unmute"), ("v", state.isCameraOn ? "camera off" : "camera on"), ("e", "end call"),
            ("l", isNarrow ? "self" : "self view"), ("n", isNarrow ? "stats" : "statistics"), ("z", "full"), ("r", "render"),
            ("c", "colours"), ("?", "help"),
        ]
    }

    private static func scene80(_ state: ConsoleState) -> Bool { state.size.columns < 100 }
}
