import TerminalIO
import TerminalVideo

/// Camera and microphone, tried before a call.
extension ConsoleView {
    /// What a picture needs at least, in columns and rows.
    private static let smallestPicture = (columns: 16, rows: 6)
    /// And at most: more tells no more of a camera.
    private static let largestColumns = 80

    package static func drawPreview(_ state: ConsoleState, into scene: inout Scene) {
        let aspect = state.size.cellAspect ?? 0.5
        // The box's borders, the footer, and two lines below the picture.
        let rows = min(scene.canvas.rows - 5, Int((Double(min(largestColumns, scene.canvas.columns - 4)) * aspect * 3 / 4).rounded()))
        let columns = min(scene.canvas.columns - 4, Int((Double(rows) / aspect * 4 / 3).rounded()))
        let hasRoom = columns >= smallestPicture.columns && rows >= smallestPicture.rows
        let width = min(max(columns, 34) + 4, scene.canvas.columns)
        let height = min((hasRoom ? rows : 1) + 4, max(scene.canvas.rows - 1, 1))
        // It covers nothing: the picture in it is the only one.
        let box = CellRect(
            column: (scene.canvas.columns - width) / 2, row: max(0, (scene.canvas.rows - 1 - height) / 2), columns: width, rows: height)
        scene.canvas.fill(box)
        guard box.columns > 4, box.rows > 3 else { return }
        scene.canvas.frame(box, title: "Preview")
        let inside = CellRect(column: box.column + 2, row: box.row + 1, columns: box.columns - 4, rows: box.rows - 2)
        let picture = CellRect(column: inside.column + (inside.columns - columns) / 2, row: inside.row, columns: columns, rows: rows)
        if hasRoom, state.hasOwnPicture {
            scene.canvas.fill(picture, style: .picture)
            scene.own = picture
        } else {
            let lines = missingPicture(state).flatMap { DisplayText.wrapped($0, columns: inside.columns) }.suffix(max(1, inside.rows - 2))
            let first = inside.row + max(0, inside.rows - 2 - lines.count) / 2
            for (offset, line) in lines.enumerated() { scene.canvas.put(line, centredIn: inside, row: first + offset, style: .dim) }
        }
        let level = state.levels.map { meter($0.microphone, columns: max(4, min(40, inside.columns - 12))) } ?? "nothing heard yet"
        scene.canvas.put("microphone  \(level)", column: inside.column, row: inside.endRow - 2, style: .plain, limit: inside.endColumn)
        scene.canvas.put("Esc back   D devices", column: inside.column, row: inside.endRow - 1, style: .dim, limit: inside.endColumn)
    }

    /// What stands in a picture's place.
    private static func missingPicture(_ state: ConsoleState) -> [String] {
        if state.hasOwnPicture { return ["this window is too small for a picture"] }
        return state.previewNotes.isEmpty ? ["no picture yet"] : state.previewNotes
    }
}
