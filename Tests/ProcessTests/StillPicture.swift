import Foundation
import TerminalVideo
import TestEmulators

/// A picture that stands still, so that it is known what each cell must look like.
enum StillPicture {
    static let width = 640
    static let height = 480

    /// Slopes with some bright and dark bodies: no two parts are alike.
    static func luma(_ x: Int, _ y: Int) -> Int {
        let (dx, dy) = (x - 400, y - 300)
        if dx * dx + dy * dy < 110 * 110 { return 220 }
        if (60..<260).contains(x), (60..<220).contains(y) { return 30 + (x - 60) / 4 }
        return 60 + x / 8 + y / 6
    }

    /// Writes it as a file of two frames (YUV4MPEG2), which sources repeat.
    static func write(to path: String) throws {
        var data = Data("YUV4MPEG2 W\(width) H\(height) F15:1 Ip C420jpeg\n".utf8)
        for _ in 0..<2 {
            data += Data("FRAME\n".utf8)
            for y in 0..<height { data += Data((0..<width).map { UInt8(luma($0, y)) }) }
            data += Data(repeating: 128, count: width * height / 2)
        }
        try data.write(to: URL(filePath: path))
    }

    /// How a call's screen must look that shows it.
    struct Screen: Sendable {
        private let columns: Int
        /// Of each cell between the status line and the last two, in levels of white.
        private let lumas: [Double]
        /// Whether colours are numbers in xterm's palette.
        private let isIndexed: Bool

        init(columns: Int, rows: Int, isIndexed: Bool) {
            self.columns = columns
            self.isIndexed = isIndexed
            let area = CellRect(column: 0, row: 1, columns: columns, rows: rows - 3)
            let rect = area.fitting(width: width, height: height, cellAspect: 0.5)
            lumas = (0..<(area.rows * columns)).map { index in
                let (column, row) = (index % columns, index / columns + 1)
                return rect.contains(column: column, row: row) ? mean(column - rect.column, row - rect.row, of: rect) : 0
            }
        }

        /// What differs, in words; empty where nothing does.
        ///
        /// - Parameter most: after so many no more are looked for.
        func faults(on emulator: LibVTerm, most: Int) -> [String] {
            var faults: [String] = []
            for (index, meant) in lumas.enumerated() where faults.count < most {
                let (column, row) = (index % columns, index / columns + 1)
                let cell = emulator.cell(column, row)
                guard let ink = GlyphShape.ink(of: cell.character) else {
                    faults.append("'\(cell.character)' in column \(column), row \(row)")
                    continue
                }
                let share = Double(ink.nonzeroBitCount) / 64
                let lights = [cell.foreground, cell.background].map { $0.map { StillPicture.luma($0, isIndexed: isIndexed) } ?? 0 }
                let shown = share * lights[0] + (1 - share) * lights[1]
                // Of 256 colours the next may be far.
                if abs(shown - meant) > (isIndexed ? 45 : 25) {
                    faults.append("\(Int(shown)) instead of \(Int(meant)) in column \(column), row \(row)")
                }
            }
            return faults
        }
    }

    /// Of a cell of the picture.
    private static func mean(_ column: Int, _ row: Int, of rect: CellRect) -> Double {
        var (sum, count) = (0, 0)
        for y in (row * height / rect.rows)..<((row + 1) * height / rect.rows) {
            for x in (column * width / rect.columns)..<((column + 1) * width / rect.columns) {
                sum += luma(x, y)
                count += 1
            }
        }
        return (Double(sum) / Double(max(count, 1)) - 16) * 255 / 219
    }

    private static func luma(_ colour: UInt32, isIndexed: Bool) -> Double {
        var rgb = colour
        if isIndexed {
            let index = Int(colour & 255)
            let levels: [UInt32] = [0, 95, 135, 175, 215, 255]
            if index >= 232 {
                rgb = UInt32(8 + 10 * (index - 232)) * 0x01_0101
            } else if index >= 16 {
                rgb = levels[(index - 16) / 36] << 16 | levels[(index - 16) / 6 % 6] << 8 | levels[(index - 16) % 6]
            } else {
                rgb = index == 0 ? 0 : 0x80_8080
            }
        }
        return 0.299 * Double(rgb >> 16 & 255) + 0.587 * Double(rgb >> 8 & 255) + 0.114 * Double(rgb & 255)
    }
}
