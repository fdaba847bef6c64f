import TestEmulators
import TerminalVideo

/// A terminal with sixels as today's have them: images take the place of what was there, and what is written takes theirs.
struct SixelScreen {
    let format: SixelFormat
    let columns: Int
    let rows: Int
    /// The pixels of images, 0xRRGGBB; nil where there are none.
    private(set) var pixels: [UInt32?]
    private(set) var faults: [String] = []
    /// Where images were put, and their sizes in pixels.
    private(set) var images: [(column: Int, row: Int, width: Int, height: Int)] = []
    private var cells: Screen

    init(columns: Int, rows: Int, format: SixelFormat) {
        self.columns = columns
        self.rows = rows
        self.format = format
        pixels = Array(repeating: nil, count: columns * format.cellWidth * rows * format.cellHeight)
        cells = Screen(columns: columns, rows: rows)
    }

    var width: Int { columns * format.cellWidth }

    mutating func feed(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while let start = rest.firstRange(of: [0x1B, UInt8(ascii: "P")])?.lowerBound {
            write(Array(rest[..<start]))
            guard let end = rest[start...].firstRange(of: [0x1B, UInt8(ascii: "\\")])?.upperBound else {
                faults.append("an image without an end")
                return
            }
            show(Array(rest[start..<end]))
            rest = rest[end...]
        }
        write(Array(rest))
    }

    private mutating func write(_ bytes: [UInt8]) {
        let unwritten = Screen.Spot(text: "\u{0}")
        for index in cells.spots.indices { cells.spots[index] = unwritten }
        cells.feed(bytes)
        for row in 0..<rows {
            for column in 0..<columns where cells[column, row] != unwritten {
                forEachPixel(column * format.cellWidth, row * format.cellHeight, format.cellWidth, format.cellHeight) { pixels[$0] = nil }
            }
        }
        faults += cells.strange
        cells.strange = []
    }

    private mutating func show(_ bytes: [UInt8]) {
        guard let image = LibSixel.decode(bytes) else { return faults.append("no image: \(bytes.prefix(40))") }
        let size = String(decoding: bytes.prefix(40), as: UTF8.self).firstMatch(of: #/"1;1;([0-9]+);([0-9]+)/#)
        guard let size, let (width, height) = Int(size.1).flatMap({ width in Int(size.2).map { (width, $0) } }) else {
            return faults.append("an image without a size")
        }
        // What is not part of the image in its last sixels was decoded all the same.
        guard image.width == width, (height..<(height + 6)).contains(image.height) else {
            return faults.append("\(width)x\(height) is \(image.width)x\(image.height)")
        }
        let (left, top) = (cells.column * format.cellWidth, cells.row * format.cellHeight)
        guard left + width <= self.width, top + height <= rows * format.cellHeight else {
            return faults.append("\(width)x\(height) at \(cells.column), \(cells.row)")
        }
        images.append((cells.column, cells.row, width, height))
        var source = 0
        for y in top..<(top + height) {
            for x in left..<(left + width) {
                pixels[y * self.width + x] =
                    UInt32(image.pixels[source]) << 16 | UInt32(image.pixels[source + 1]) << 8 | UInt32(image.pixels[source + 2])
                source += 3
            }
        }
    }

    private func forEachPixel(_ left: Int, _ top: Int, _ columns: Int, _ rows: Int, _ body: (Int) -> Void) {
        for y in top..<(top + rows) { for x in left..<(left + columns) { body(y * width + x) } }
    }

    /// How many pixels of a rectangle of cells have a picture in them.
    func filled(_ rect: CellRect) -> Int {
        var count = 0
        forEachPixel(
            rect.column * format.cellWidth, rect.row * format.cellHeight, rect.columns * format.cellWidth, rect.rows * format.cellHeight
        ) { if pixels[$0] != nil { count += 1 } }
        return count
    }
}
