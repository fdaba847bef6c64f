import Glibc

/// A colour in linear steps of 0...1, and how much of the pixel it covers.
struct Paint {
    var rgb: SIMD3<Float>
    var alpha: Float

    init(_ red: Float, _ green: Float, _ blue: Float, alpha: Float = 1) {
        rgb = SIMD3(red, green, blue)
        self.alpha = alpha
    }

    static let clear = Paint(0, 0, 0, alpha: 0)

    /// Lays a colour over this one, as much as `cover` says (0...1).
    mutating func lay(_ colour: SIMD3<Float>, _ cover: Float) {
        rgb += (colour - rgb) * cover
    }

    /// BT.601, limited range.
    var luma: UInt8 {
        let rgb = rgb.clamped(lowerBound: SIMD3(repeating: 0), upperBound: SIMD3(repeating: 1))
        return UInt8(16.5 + (rgb * SIMD3(65.481, 128.553, 24.966)).sum())
    }

    var blueDifference: UInt8 {
        let rgb = rgb.clamped(lowerBound: SIMD3(repeating: 0), upperBound: SIMD3(repeating: 1))
        return UInt8(128.5 + (rgb * SIMD3(-37.797, -74.203, 112)).sum())
    }

    var redDifference: UInt8 {
        let rgb = rgb.clamped(lowerBound: SIMD3(repeating: 0), upperBound: SIMD3(repeating: 1))
        return UInt8(128.5 + (rgb * SIMD3(112, -93.786, -18.214)).sum())
    }

    var opacity: UInt8 {
        UInt8(min(max(alpha, 0), 1) * 255 + 0.5)
    }
}

/// How much of a pixel lies within a shape, from the distance to its edge (positive within) and the pixels in a unit.
func cover(_ distance: Float, _ pixelsPerUnit: Float) -> Float {
    min(max(distance * pixelsPerUnit + 0.5, 0), 1)
}

/// A bump of height 1 around 0 that reaches about `width` to either side.
func bump(_ x: Float, _ width: Float) -> Float {
    let ratio = x / width
    return 1 / (1 + ratio * ratio * ratio * ratio)
}

/// A number of 0..<1 that belongs to a point of a grid.
func grain(_ x: Int, _ y: Int) -> Float {
    var hash = UInt32(truncatingIfNeeded: x) &* 0x9E37_79B1 ^ UInt32(truncatingIfNeeded: y) &* 0x85EB_CA77
    hash ^= hash >> 15
    hash = hash &* 0x2C1B_3C6D
    hash ^= hash >> 12
    return Float(hash >> 8) / 16_777_216
}

/// Smooth noise of 0...1 with details of about one unit.
func noise(_ x: Float, _ y: Float) -> Float {
    let (column, row) = (x.rounded(.down), y.rounded(.down))
    let (dx, dy) = (x - column, y - row)
    let (i, j) = (Int(column), Int(row))
    let top = grain(i, j) + (grain(i + 1, j) - grain(i, j)) * dx
    let bottom = grain(i, j + 1) + (grain(i + 1, j + 1) - grain(i, j + 1)) * dx
    return top + (bottom - top) * dy
}
