import TerminalVideo
import TestEmulators
import Testing

/// The bytes, replayed by terminal emulators that others wrote, give exactly the cells that were meant.
@Suite struct EmulatorTests {
    static let columns = 44
    static let rows = 16

    /// A pane's life: pictures that move in part, an overlay that comes and goes, a part painted over by others, another place and size.
    ///
    /// - Returns: all that was written, and the pane as it is then.
    static func play(_ glyphs: GlyphSet, _ colours: ColourMode, features: StreamFeatures) -> (bytes: [UInt8], pane: PicturePane) {
        let pane = PicturePane(
            region: CellRect(column: 2, row: 1, columns: 40, rows: 12), style: PictureStyle(glyphs: glyphs, colours: colours))
        var stream = PictureStream(features: features)
        var bytes: [UInt8] = []
        func paint(limit: Int = .max) {
            stream.removeAll()
            pane.paint(into: &stream, limit: limit)
            stream.close()
            bytes += stream.bytes
        }
        let overlay = CellRect(column: 10, row: 4, columns: 13, rows: 5)
        for frame in 0..<9 {
            if frame == 3 {
                pane.setCovered([overlay])
                for row in overlay.row..<overlay.endRow { bytes += Array("\u{1B}[\(row + 1);11H+-----------+".utf8) }
            }
            if frame == 5 { pane.setCovered([]) }
            if frame == 6 {
                bytes += Array("\u{1B}[2;3HABCD\u{1B}[3;3HEFGH".utf8)
                pane.invalidate(CellRect(column: 2, row: 1, columns: 4, rows: 2))
            }
            if frame == 7 {
                bytes += Array("\u{1B}[0m\u{1B}[2J".utf8)
                pane.move(to: CellRect(column: 0, row: 3, columns: 31, rows: 11))
            }
            // Flat parts, edges, texture and a part that moves.
            let picture = Picture(width: 160, height: 96) { x, y in
                if y < 24 { return 120 }
                if x < 60 { return UInt8(30 + (x + 5 * frame) / 8 % 4 * 50) }
                return UInt8(truncatingIfNeeded: 40 + (x * 7 + y * 13 + (x > 110 ? frame * 9 : 0)) % 150)
            }
            picture.show(in: pane)
            paint(limit: frame == 2 ? 500 : .max)
            paint()
        }
        return (bytes, pane)
    }

    /// The cells that differ, for a message.
    func differences(_ screen: EmulatedScreen, _ pane: PicturePane, colour: (UInt32) -> UInt32 = { $0 }) -> [String] {
        var result: [String] = []
        for row in pane.region.row..<pane.region.endRow {
            for column in pane.region.column..<pane.region.endColumn {
                guard let cell = pane.shownCell(column: column, row: row) else {
                    result.append("\(column),\(row) is not known")
                    continue
                }
                let meant = Look(cell.character, foreground: cell.foreground.map(colour), background: cell.background.map(colour))
                if screen[column, row] != meant { result.append("\(column),\(row): \(screen[column, row]), meant \(meant)") }
            }
        }
        return result
    }

    @Test(arguments: GlyphSet.allCases.filter { !$0.isPixels }, ColourMode.allCases)
    func libvtermShowsWhatIsMeant(glyphs: GlyphSet, colours: ColourMode) {
        for features in [StreamFeatures.repeatCharacter, []] {
            let (bytes, pane) = Self.play(glyphs, colours, features: features)
            let screen = EmulatedScreen.libvterm(bytes, columns: Self.columns, rows: Self.rows)
            let differences = differences(screen, pane)
            #expect(differences.isEmpty, "\(differences.count) cells, the first: \(differences.prefix(2))")
        }
    }

    @Test func pyteShowsWhatIsMeant() throws {
        let cases = GlyphSet.allCases.filter { !$0.isPixels }.flatMap { glyphs in ColourMode.allCases.map { (glyphs, $0) } }
        let plays = cases.map { Self.play($0.0, $0.1, features: []) }
        let screens = try EmulatedScreen.pyte(plays.map { ($0.bytes, Self.columns, Self.rows) }) {
            EmulatedScreen.pyteColour($0)
        }
        for (index, screen) in screens.enumerated() {
            // pyte says the same of a colour and of its bright sister.
            let differences = differences(screen, plays[index].pane) { colour in
                switch cases[index].1 {
                case .indexed256: Self.rgb(colour)
                case .ansi16: colour & 7
                default: colour
                }
            }
            #expect(differences.isEmpty, "\(cases[index]): \(differences.count) cells, the first: \(differences.prefix(2))")
        }
    }

    /// The RGB of a colour from 16 on, which is what pyte says of it.
    static func rgb(_ index: UInt32) -> UInt32 {
        guard index >= 16 else { return index }
        if index >= 232 { return (8 + 10 * (index - 232)) * 0x01_0101 }
        let levels: [UInt32] = [0, 95, 135, 175, 215, 255]
        let cube = Int(index - 16)
        return levels[cube / 36] << 16 | levels[cube / 6 % 6] << 8 | levels[cube % 6]
    }

    @Test(arguments: ColourMode.allCases)
    func withoutUTF8OnlyASCIIIsWritten(colours: ColourMode) {
        let (bytes, _) = Self.play(.ascii, colours, features: .repeatCharacter)
        #expect(bytes.allSatisfy { $0 < 0x80 })
    }

    @Test func repetitionSavesBytes() {
        let with = Self.play(.blocks, .truecolor, features: .repeatCharacter).bytes
        let without = Self.play(.blocks, .truecolor, features: []).bytes
        #expect(with.count < without.count)
    }
}
