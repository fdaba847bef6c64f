/// Nearest colours in xterm's palettes.
enum Palette {
    /// The 16 colours of xterm's defaults, as RGB.
    static let ansi: [UInt32] = [
        0x00_0000, 0xCD_0000, 0x00_CD00, 0xCD_CD00, 0x00_00EE, 0xCD_00CD, 0x00_CDCD, 0xE5_E5E5, 0x7F_7F7F, 0xFF_0000, 0x00_FF00, 0xFF_FF00,
        0x5C_5CFF, 0xFF_00FF, 0x00_FFFF, 0xFF_FFFF,
    ]

    /// xterm's 256 colours: those 16, the cube, the greys.
    static let lights: Memory<Light> = {
        let levels: [UInt32] = [0, 95, 135, 175, 215, 255]
        let cube = (0..<216).map { levels[$0 / 36] << 16 | levels[$0 / 6 % 6] << 8 | levels[$0 % 6] }
        let greys = (0..<24).map { UInt32(8 + 10 * $0) * 0x01_0101 }
        return Memory((ansi + cube + greys).map { Light($0) })
    }()

    /// The nearest of colours 16 to 255, which people seldom change, for each colour of 5 bits a channel (red highest).
    static let nearest256: Memory<UInt8> = Memory((0..<32_768).map { nearest256(red: $0 >> 10, green: $0 >> 5 & 31, blue: $0 & 31) })

    private static func nearest256(red: Int, green: Int, blue: Int) -> UInt8 {
        let channels = [red, green, blue].map { $0 << 3 | $0 >> 2 }
        let light = Light(UInt32(channels[0] << 16 | channels[1] << 8 | channels[2]))
        var best = (index: 16, distance: Float.infinity)
        func consider(_ index: Int) {
            let distance = lights.base[index].distance(light)
            if distance < best.distance { best = (index, distance) }
        }
        // Of the cube only the colours around each channel's level can be nearest, of the greys those around the mean.
        let below = channels.map { $0 < 95 ? 0 : min(($0 - 55) / 40, 4) }
        for corner in 0..<8 {
            let r = below[0] + corner & 1
            let g = below[1] + corner >> 1 & 1
            let b = below[2] + corner >> 2
            consider(16 + 36 * r + 6 * g + b)
        }
        let grey = (channels[0] + channels[1] + channels[2]) / 30
        for step in max(0, grey - 2)...min(23, grey + 2) { consider(232 + step) }
        return UInt8(best.index)
    }

    @inline(__always)
    static func key256(_ colour: UInt32) -> Int {
        let red = colour >> 9 & 0x7C00
        let green = colour >> 6 & 0x3E0
        return Int(red | green | (colour >> 3 & 0x1F))
    }

    /// A colour made of two of a palette: a shade, of which a part is ink.
    struct Mix {
        /// Which of ``shares``.
        var share: UInt8
        var foreground: UInt8
        var background: UInt8
        /// The squared difference to the colour that was wanted, the pattern's own unrest included.
        var error: Float
    }

    /// How much of a cell is ink: all paper, then the three shades.
    static let shares: [Float] = [0, 0.25, 0.5, 0.75]

    /// The best mix for each colour of 4 bits a channel (red highest), of the first 8 or 16 colours.
    static let mixes8 = mixes(count: 8)
    static let mixes16 = mixes(count: 16)

    @inline(__always)
    static func key(_ colour: UInt32) -> Int {
        let red = colour >> 12 & 0xF00
        let green = colour >> 8 & 0xF0
        return Int(red | green | (colour >> 4 & 0xF))
    }

    private static func mixes(count: Int) -> Memory<Mix> {
        var choices: [(mix: Mix, light: Light)] = []
        for paper in 0..<count {
            choices.append((Mix(share: 0, foreground: 0, background: UInt8(paper), error: 0), lights.base[paper]))
            // Backgrounds beyond the first 8 are not everywhere; the same mixes exist the other way round.
            for ink in 0..<count where ink != paper && (paper < 8 || ink >= 8) {
                for share in 1...3 {
                    let light = lights.base[paper].mixed(with: lights.base[ink], share: shares[share])
                    // A pattern of very different colours is seen as a pattern, not as their mixture.
                    let unrest = 0.04 * shares[share] * (1 - shares[share]) * lights.base[paper].distance(lights.base[ink])
                    choices.append((Mix(share: UInt8(share), foreground: UInt8(ink), background: UInt8(paper), error: unrest), light))
                }
            }
        }
        return Memory((0..<4096).map { key in nearest(of: choices, to: Light(colour(key))) })
    }

    private static func nearest(of choices: [(mix: Mix, light: Light)], to light: Light) -> Mix {
        var best = Mix(share: 0, foreground: 0, background: 0, error: .infinity)
        for choice in choices {
            let error = choice.mix.error + choice.light.distance(light)
            if error < best.error {
                best = choice.mix
                best.error = error
            }
        }
        return best
    }

    /// The middle of the colours with this key.
    private static func colour(_ key: Int) -> UInt32 {
        let red = UInt32(key >> 8 & 15) * 17
        let green = UInt32(key >> 4 & 15) * 17
        return red << 16 | green << 8 | UInt32(key & 15) * 17
    }

    /// The nearest of the first 8 or 16 colours for each colour of 4 bits a channel.
    static let nearest8 = nearest(count: 8)
    static let nearest16 = nearest(count: 16)

    private static func nearest(count: Int) -> Memory<UInt8> {
        Memory(
            (0..<4096).map { key in
                let light = Light(colour(key))
                return UInt8((0..<count).min { lights.base[$0].distance(light) < lights.base[$1].distance(light) } ?? 0)
            })
    }

    /// Bayer's matrix of order 4, around 0, in shares of white: a gradient becomes a fine pattern that stands still instead of flat patches.
    private static let thresholds: Memory<Float> = Memory(
        [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5].map { (Float($0) - 7.5) / 16 })

    @inline(__always)
    static func threshold(column: Int, row: Int) -> Float { thresholds.base[(row & 3) << 2 | column & 3] }
}
