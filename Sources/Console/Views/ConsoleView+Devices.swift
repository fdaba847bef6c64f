import TerminalVideo

/// Cameras, microphones and speakers to choose from, and how loud it is.
extension ConsoleView {
    package static func drawDeviceChoices(_ state: ConsoleState, into scene: inout Scene) {
        let choices = state.deviceChoices ?? []
        let meters = state.levels == nil ? 0 : 3
        let absent = state.deviceChoices == nil ? [] : DeviceKind.allCases.filter { kind in !choices.contains { $0.kind == kind } }
        // A heading for each kind, a line for each without devices, the keys below.
        let headings = DeviceKind.allCases.count + absent.count
        let rows = max(1, choices.count) + headings + 2 + meters
        let inside = scene.dialog(title: "Devices", columns: 58, rows: rows)
        var row = inside.row
        func put(_ text: String, _ style: TextStyle, indent: Int = 0) {
            guard row < inside.endRow - 1 else { return }
            scene.canvas.put(text, column: inside.column + indent, row: row, style: style, limit: inside.endColumn)
            row += 1
        }
        if state.deviceChoices == nil { put("looking for devices", .dim) }
        // What does not fit begins with what is chosen.
        let room = inside.rows - headings - meters - 2
        let first = max(0, min(state.chosenDevice - room / 2, choices.count - max(1, room)))
        for kind in DeviceKind.allCases {
            let shown = choices.indices.filter { choices[$0].kind == kind && $0 >= first && $0 < first + max(1, room) }
            if state.deviceChoices != nil { put(kind.rawValue.capitalizedFirst, .strong) }
            for index in shown {
                let isChosen = index == state.chosenDevice
                put(
                    "\(isChosen ? ">" : " ") \(choices[index].isCurrent ? "*" : " ") \(choices[index].title)", isChosen ? .selected : .plain
                )
            }
            if absent.contains(kind) { put("    none; connect one, then D", .dim) }
        }
        if let levels = state.levels {
            row += 1
            put("microphone  \(meter(levels.microphone, columns: 24))", .plain)
            put("speaker     \(meter(levels.speaker, columns: 24))", .plain)
        }
        scene.canvas.put(
            "Enter use   * in use   Esc back", column: inside.column, row: inside.endRow - 1, style: .dim, limit: inside.endColumn)
    }

    /// A bar for -60 to 0 dB, as in ####----.
    package static func meter(_ decibels: Double, columns: Int) -> String {
        let filled = Int((min(max((decibels + 60) / 60, 0), 1) * Double(columns)).rounded())
        return String(repeating: "#", count: filled) + String(repeating: "-", count: columns - filled)
    }
}
