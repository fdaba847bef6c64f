import TestEmulators

/// A terminal as far as the picture's bytes need one: it says what the cells show, independently of the code that wrote them.
struct Screen {
    struct Spot: Equatable {
        var text: Character = " "
        var foreground: UInt32?
        var background: UInt32?
    }

    let columns: Int
    let rows: Int
    var spots: [Spot]
    var column = 0
    var row = 0
    /// Sequences that were not understood.
    var strange: [String] = []
    /// How many cells were written.
    var writes = 0
    private var pen = Spot()
    private var saved: (column: Int, row: Int, pen: Spot)?
    private var utf8: [UInt8] = []

    init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
        spots = Array(repeating: Spot(text: "?"), count: columns * rows)
    }

    subscript(column: Int, row: Int) -> Spot { spots[row * columns + column] }

    func line(_ row: Int) -> String { String((0..<columns).map { self[$0, row].text }) }

    /// The colours of the upper and lower half of a cell.
    func halves(_ column: Int, _ row: Int) -> (upper: UInt32?, lower: UInt32?) {
        let spot = self[column, row]
        switch spot.text {
        case "▀": return (spot.foreground, spot.background)
        case "▄": return (spot.background, spot.foreground)
        case "█": return (spot.foreground, spot.foreground)
        default: return (spot.background, spot.background)
        }
    }

    mutating func feed(_ bytes: [UInt8]) {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            guard byte == 0x1B, index < bytes.count else {
                put(byte)
                continue
            }
            let kind = bytes[index]
            index += 1
            switch kind {
            case UInt8(ascii: "7"): saved = (column, row, pen)
            case UInt8(ascii: "8"): if let saved { (column, row, pen) = saved }
            case UInt8(ascii: "["):
                let start = index
                while index < bytes.count, !(0x40...0x7E).contains(bytes[index]) { index += 1 }
                guard index < bytes.count else { return }
                control(String(decoding: bytes[start..<index], as: UTF8.self), final: bytes[index])
                index += 1
            default: strange.append("ESC \(kind)")
            }
        }
    }

    private mutating func put(_ byte: UInt8) {
        utf8.append(byte)
        let needed = utf8[0] < 0x80 ? 1 : utf8[0] < 0xE0 ? 2 : utf8[0] < 0xF0 ? 3 : 4
        guard utf8.count >= needed else { return }
        let text = Character(String(decoding: utf8, as: UTF8.self))
        utf8 = []
        guard column < columns, row < rows else {
            strange.append("wrote at \(column),\(row)")
            return
        }
        spots[row * columns + column] = Spot(text: text, foreground: pen.foreground, background: pen.background)
        column += 1
        writes += 1
    }

    private mutating func control(_ parameters: String, final: UInt8) {
        let numbers = parameters.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        switch final {
        case UInt8(ascii: "H"):
            row = max(1, numbers.first ?? 1) - 1
            column = max(1, numbers.count > 1 ? numbers[1] : 1) - 1
        case UInt8(ascii: "C"): column += max(1, numbers.first ?? 1)
        case UInt8(ascii: "m"): colour(numbers)
        default: strange.append("CSI \(parameters) \(final)")
        }
    }

    private mutating func colour(_ numbers: [Int]) {
        var index = 0
        while index < numbers.count {
            let number = numbers[index]
            index += 1
            switch number {
            case 0: pen = Spot()
            case 30...37: pen.foreground = UInt32(number - 30)
            case 90...97: pen.foreground = UInt32(number - 82)
            case 40...47: pen.background = UInt32(number - 40)
            case 100...107: pen.background = UInt32(number - 92)
            case 39: pen.foreground = nil
            case 49: pen.background = nil
            case 38, 48:
                var colour: UInt32 = 0
                if index < numbers.count, numbers[index] == 5, index + 1 < numbers.count {
                    colour = UInt32(numbers[index + 1])
                    index += 2
                } else if index + 3 < numbers.count, numbers[index] == 2 {
                    colour = UInt32(numbers[index + 1] << 16 | numbers[index + 2] << 8 | numbers[index + 3])
                    index += 4
                } else {
                    strange.append("SGR \(numbers)")
                    return
                }
                if number == 38 { pen.foreground = colour } else { pen.background = colour }
            default: strange.append("SGR \(number)")
            }
        }
    }
}

extension Screen {
    func look(_ column: Int, _ row: Int) -> Look {
        let spot = self[column, row]
        return Look(spot.text, foreground: spot.foreground, background: spot.background)
    }
}
