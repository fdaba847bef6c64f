/// Turns RGB pixels into the colours of a mode: RGB again, or indices of a palette.
struct ColourQuantiser {
    let mode: ColourMode

    /// Bayer's matrix of order 4, minus its mean, times 4: with 8 or 16 colours a gradient becomes a fine pattern that stands still,
    /// instead of a few flat patches.
    private static let threshold: [Int32] = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5].map { $0 * 8 - 60 }

    /// Replaces each pixel of `pixels` (`width` a row) by the colour that stands for it.
    func quantise(_ pixels: UnsafeMutableBufferPointer<UInt32>, width: Int) {
        switch mode {
        case .truecolor, .monochrome: return
        case .indexed256:
            Palette.cubeLevel.withUnsafeBufferPointer { levels in
                guard let levels = levels.baseAddress else { return }
                for index in pixels.indices { pixels[index] = Palette.nearest256(pixels[index], levels: levels) }
            }
        case .ansi16: dither(pixels, width: width, nearest: Palette.nearest16)
        case .ansi8: dither(pixels, width: width, nearest: Palette.nearest8)
        }
    }

    private func dither(_ pixels: UnsafeMutableBufferPointer<UInt32>, width: Int, nearest: [UInt8]) {
        guard width > 0 else { return }
        for row in 0..<(pixels.count / width) {
            for column in 0..<width {
                let offset = Self.threshold[(row & 3) * 4 + column & 3]
                let colour = pixels[row * width + column]
                let red = shifted(colour >> 16, by: offset)
                let green = shifted(colour >> 8, by: offset)
                let blue = shifted(colour, by: offset)
                pixels[row * width + column] = UInt32(nearest[red << 8 | green << 4 | blue])
            }
        }
    }

    /// Whether a pixel is white where there is only black and white.
    static func isLight(_ luma: UInt8, column: Int, row: Int) -> Bool {
        Int32(luma) + threshold[(row & 3) * 4 + column & 3] * 3 / 2 > 125
    }

    /// A channel moved by `offset`, in 4 bits.
    @inline(__always)
    private func shifted(_ channel: UInt32, by offset: Int32) -> Int {
        Int(min(max(Int32(channel & 255) + offset, 0), 255)) >> 4
    }
}
