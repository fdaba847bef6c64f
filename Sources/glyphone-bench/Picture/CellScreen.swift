/// A terminal's screen as far as programs that draw pictures use one: what their bytes look like when drawn.
struct CellScreen {
    struct Spot: Equatable {
        var character: UInt32 = 0x20
        var foreground: UInt32 = 0xE5_E5E5
        var background: UInt32 = 0
    }

    let columns: Int
    let rows: Int
    private(set) var spots: [Spot]
    private var column = 0
    private var row = 0
    private var pen = Spot()
    private var isReversed = false
    private var saved = (column: 0, row: 0)

    /// The pixels of a cell in the picture that is compared.
    static let cellWidth = 8
    static let cellHeight = 16

    init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
        spots = Array(repeating: Spot(), count: columns * rows)
    }

    /// Takes what a program wrote; no sequence is split between two calls.
    mutating func feed(_ bytes: [UInt8]) {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case 0x1B:
                guard index < bytes.count else { return }
                let kind = bytes[index]
                index += 1
                if kind == UInt8(ascii: "[") {
                    let start = index
                    while index < bytes.count, !(0x40...0x7E).contains(bytes[index]) { index += 1 }
                    guard index < bytes.count else { return }
                    control(bytes[start..<index], final: bytes[index])
                    index += 1
                } else if kind == UInt8(ascii: "7") {
                    saved = (column, row)
                } else if kind == UInt8(ascii: "8") {
                    (column, row) = saved
                    reset()
                }
            case 0x0A:
                // As behind a terminal's output processing.
                row = min(row + 1, rows - 1)
                column = 0
            case 0x0D: column = 0
            case 0x20...:
                let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
                var scalar = length == 1 ? UInt32(byte) : UInt32(byte) & (0x7F >> UInt32(length))
                for _ in 1..<max(length, 1) where index < bytes.count {
                    scalar = scalar << 6 | UInt32(bytes[index] & 0x3F)
                    index += 1
                }
                put(scalar)
            default: break
            }
        }
    }

    private mutating func reset() {
        pen = Spot()
        isReversed = false
    }

    private mutating func put(_ scalar: UInt32) {
        guard row < rows else { return }
        if column < columns {
            var spot = pen
            spot.character = scalar
            if isReversed { swap(&spot.foreground, &spot.background) }
            spots[row * columns + column] = spot
        }
        pen.character = scalar
        column += 1
    }

    private mutating func control(_ parameters: ArraySlice<UInt8>, final: UInt8) {
        let numbers = parameters.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map {
            Int(String(decoding: $0, as: UTF8.self)) ?? 0
        }
        let first = max(numbers.first ?? 1, 1)
        switch final {
        case UInt8(ascii: "m"): colour(numbers)
        case UInt8(ascii: "H"):
            row = min(first, rows) - 1
            column = min(numbers.count > 1 ? max(numbers[1], 1) : 1, columns) - 1
        case UInt8(ascii: "A"): row = max(0, row - first)
        case UInt8(ascii: "B"): row = min(rows - 1, row + first)
        case UInt8(ascii: "C"): column = min(columns - 1, column + first)
        case UInt8(ascii: "b"): for _ in 0..<min(first, columns) { put(pen.character) }
        default: break
        }
    }

    private mutating func colour(_ numbers: [Int]) {
        var index = 0
        while index < numbers.count {
            let number = numbers[index]
            index += 1
            switch number {
            case 0: reset()
            case 7: isReversed = true
            case 27: isReversed = false
            case 39: pen.foreground = Spot().foreground
            case 49: pen.background = Spot().background
            case 38, 48:
                guard index + 1 < numbers.count else { return }
                let colour: UInt32
                if numbers[index] == 5 {
                    colour = Self.palette[numbers[index + 1] & 255]
                    index += 2
                } else {
                    guard index + 3 < numbers.count, numbers[index] == 2 else { return }
                    colour = UInt32(numbers[index + 1] << 16 | numbers[index + 2] << 8 | numbers[index + 3])
                    index += 4
                }
                if number == 38 { pen.foreground = colour } else { pen.background = colour }
            case 30...37: pen.foreground = Self.palette[number - 30]
            case 40...47: pen.background = Self.palette[number - 40]
            case 90...97: pen.foreground = Self.palette[number - 82]
            case 100...107: pen.background = Self.palette[number - 92]
            default: break
            }
        }
    }

    /// xterm's 256 colours.
    private static let palette: [UInt32] = {
        let ansi: [UInt32] = [
            0x00_0000, 0xCD_0000, 0x00_CD00, 0xCD_CD00, 0x00_00EE, 0xCD_00CD, 0x00_CDCD, 0xE5_E5E5, 0x7F_7F7F, 0xFF_0000, 0x00_FF00,
            0xFF_FF00, 0x5C_5CFF, 0xFF_00FF, 0x00_FFFF, 0xFF_FFFF,
        ]
        let levels: [UInt32] = [0, 95, 135, 175, 215, 255]
        return ansi + (0..<216).map { levels[$0 / 36] << 16 | levels[$0 / 6 % 6] << 8 | levels[$0 % 6] }
            + (0..<24).map { UInt32(8 + 10 * $0) * 0x01_0101 }
    }()

    /// The screen as pixels.
    func drawn() -> ColourImage {
        var image = ColourImage(width: columns * Self.cellWidth, height: rows * Self.cellHeight)
        for row in 0..<rows {
            for column in 0..<columns {
                let spot = spots[row * columns + column]
                let ink = CellInk.mask(spot.character)
                for plane in 0..<3 {
                    let shift = UInt32(16 - 8 * plane)
                    let foreground = Float(spot.foreground >> shift & 255)
                    let background = Float(spot.background >> shift & 255)
                    for y in 0..<Self.cellHeight {
                        let start = (row * Self.cellHeight + y) * image.planes[plane].width + column * Self.cellWidth
                        for x in 0..<Self.cellWidth {
                            let share = ink[y * Self.cellWidth + x]
                            image.planes[plane].samples[start + x] = (background + share * (foreground - background) + 0.5).rounded(.down)
                        }
                    }
                }
            }
        }
        return image
    }
}
