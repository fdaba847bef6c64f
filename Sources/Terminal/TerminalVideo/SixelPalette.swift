/// The colours that pictures in sixels are made of: some levels of red, of green and of blue each, the same in every picture. Between them is
/// dithered, with a pattern that stands still.
final class SixelPalette {
    /// Of Bayer's matrix of order 4.
    static let thresholds = 16

    /// For each threshold and each level of 8 bits, what a channel adds to the number of a colour. Behind them the same without dithering.
    let red: Memory<UInt8>
    let green: Memory<UInt8>
    let blue: Memory<UInt8>
    /// `#n;2;r;g;b` for each colour, in percent.
    let definitions: [[UInt8]]
    /// The colours as the terminal shows them, in RGB.
    let colours: [(UInt8, UInt8, UInt8)]

    private static let bayer = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5]

    /// - Parameter registers: how many colours there may be.
    init(registers: Int) {
        // Green is seen best, blue least.
        let levels =
            switch registers {
            case 252...: (red: 6, green: 7, blue: 6)
            case 64...: (red: 4, green: 4, blue: 4)
            case 16...: (red: 2, green: 4, blue: 2)
            case 8...: (red: 2, green: 2, blue: 2)
            default: (red: 1, green: 2, blue: 1)
            }
        red = Self.table(levels: levels.red, weight: levels.green * levels.blue)
        // The other way round: where red and blue are too bright, green is too dark, and the light is right.
        green = Self.table(levels: levels.green, weight: levels.blue, isReversed: true)
        blue = Self.table(levels: levels.blue, weight: 1)
        func percent(_ level: Int, of count: Int) -> Int { count == 1 ? -1 : (level * 200 / (count - 1) + 1) / 2 }
        let percents = (0..<(levels.red * levels.green * levels.blue)).map { index -> (Int, Int, Int) in
            let green = percent(index / levels.blue % levels.green, of: levels.green)
            let red = percent(index / levels.blue / levels.green, of: levels.red)
            let blue = percent(index % levels.blue, of: levels.blue)
            // Of two colours alone: black and white.
            return (red < 0 ? green : red, green, blue < 0 ? green : blue)
        }
        definitions = percents.enumerated().map { Array("#\($0);2;\($1.0);\($1.1);\($1.2)".utf8) }
        colours = percents.map { (Self.byte($0.0), Self.byte($0.1), Self.byte($0.2)) }
    }

    private static func byte(_ percent: Int) -> UInt8 { UInt8((percent * 255 + 50) / 100) }

    private static func table(levels: Int, weight: Int, isReversed: Bool = false) -> Memory<UInt8> {
        let step = levels > 1 ? 255 / Double(levels - 1) : .infinity
        var values: [UInt8] = []
        for threshold in 0...thresholds {
            let order = threshold == thresholds ? 7.5 : Double(isReversed ? 15 - bayer[threshold] : bayer[threshold])
            for value in 0..<256 {
                let level = Int((Double(value) / step + (order - 7.5) / Double(thresholds)).rounded())
                values.append(UInt8(min(max(level, 0), levels - 1) * weight))
            }
        }
        return Memory(values)
    }
}
