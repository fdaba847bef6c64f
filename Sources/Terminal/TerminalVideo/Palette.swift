/// Nearest colours in xterm's palettes.
enum Palette {
    /// The 16 colours of xterm's defaults, as RGB.
    static let ansi: [UInt32] = [
        0x00_0000, 0xCD_0000, 0x00_CD00, 0xCD_CD00, 0x00_00EE, 0xCD_00CD, 0x00_CDCD, 0xE5_E5E5, 0x7F_7F7F, 0xFF_0000, 0x00_FF00, 0xFF_FF00,
        0x5C_5CFF, 0xFF_00FF, 0x00_FFFF, 0xFF_FFFF,
    ]

    /// The nearest of `ansi`'s first 16 colours for each colour of 4 bits a channel (red highest).
    static let nearest16 = nearestTable(count: 16)
    /// The same for the first 8.
    static let nearest8 = nearestTable(count: 8)

    /// The level 0...5 of the colour cube (0, 95, 135, 175, 215, 255) nearest to each value of a channel.
    static let cubeLevel: [UInt8] = (0..<256).map { (value: Int) -> UInt8 in
        if value < 48 { return 0 }
        return value < 115 ? 1 : UInt8((value - 35) / 40)
    }

    private static func nearestTable(count: Int) -> [UInt8] {
        (0..<4096).map { key in
            let colour = UInt32(key >> 8 * 17) << 16 | UInt32((key >> 4 & 15) * 17) << 8 | UInt32((key & 15) * 17)
            var best = (index: 0, distance: Int32.max)
            for index in 0..<count {
                let distance = distance(colour, ansi[index])
                if distance < best.distance { best = (index, distance) }
            }
            return UInt8(best.index)
        }
    }

    /// The squared distance of two RGB colours, the channels weighted by how much the eye takes from them.
    static func distance(_ left: UInt32, _ right: UInt32) -> Int32 {
        let red = Int32(left >> 16 & 255) - Int32(right >> 16 & 255)
        let green = Int32(left >> 8 & 255) - Int32(right >> 8 & 255)
        let blue = Int32(left & 255) - Int32(right & 255)
        return 2 * red * red + 4 * green * green + 3 * blue * blue
    }

    /// The nearest of colours 16 to 255: the 6x6x6 cube and the 24 greys.
    ///
    /// - Parameter levels: ``cubeLevel``.
    @inline(__always)
    static func nearest256(_ colour: UInt32, levels: UnsafePointer<UInt8>) -> UInt32 {
        let red = UInt32(levels[Int(colour >> 16 & 255)])
        let green = UInt32(levels[Int(colour >> 8 & 255)])
        let blue = UInt32(levels[Int(colour & 255)])
        let cube = 16 &+ 36 &* red &+ 6 &* green &+ blue
        let cubeColour = cubeValue(red) << 16 | cubeValue(green) << 8 | cubeValue(blue)
        let mean = (colour >> 16 & 255 &+ colour >> 8 & 255 &+ colour & 255) / 3
        let step = mean < 8 ? 0 : min(23, (mean &- 3) / 10)
        let grey = 8 &+ 10 &* step
        let greyColour = grey << 16 | grey << 8 | grey
        return distance(colour, greyColour) < distance(colour, cubeColour) ? 232 &+ step : cube
    }

    @inline(__always)
    private static func cubeValue(_ level: UInt32) -> UInt32 { level == 0 ? 0 : 55 &+ 40 &* level }
}
