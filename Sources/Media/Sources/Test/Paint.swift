import Glibc

/// A colour in steps of 0...1.
///
/// Plain numbers and no SIMD type, whose generic operators make a debug build take seconds for a picture.
struct Colour {
    var red: Float
    var green: Float
    var blue: Float

    init(_ red: Float, _ green: Float, _ blue: Float) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    init(grey: Float) {
        self.init(grey, grey, grey)
    }

    static func * (colour: Colour, factor: Float) -> Colour {
        Colour(colour.red * factor, colour.green * factor, colour.blue * factor)
    }

    static func + (left: Colour, right: Colour) -> Colour {
        Colour(left.red + right.red, left.green + right.green, left.blue + right.blue)
    }

    /// Lays a colour over this one, as much as `cover` says (0...1).
    mutating func lay(_ other: Colour, _ cover: Float) {
        red += (other.red - red) * cover
        green += (other.green - green) * cover
        blue += (other.blue - blue) * cover
    }
}

/// A colour as BT.601 in limited range, and how much of the pixel it covers, all in steps of 0...255.
struct Paint {
    var luma: Float
    var u: Float
    var v: Float
    var opacity: Float

    init(_ colour: Colour, opacity: Float = 1) {
        let (red, green, blue) = (limit(colour.red), limit(colour.green), limit(colour.blue))
        luma = 16 + 65.481 * red + 128.553 * green + 24.966 * blue
        u = 128 - 37.797 * red - 74.203 * green + 112 * blue
        v = 128 + 112 * red - 93.786 * green - 18.214 * blue
        self.opacity = limit(opacity) * 255
    }

    static let clear = Paint(Colour(grey: 0), opacity: 0)
}

/// A number brought into 0...1.
func limit(_ value: Float) -> Float {
    value < 0 ? 0 : value > 1 ? 1 : value
}

/// How much of a pixel lies within a shape, from the distance to its edge (positive within) and the pixels in a unit.
func cover(_ distance: Float, _ pixelsPerUnit: Float) -> Float {
    limit(distance * pixelsPerUnit + 0.5)
}

/// A bump of height 1 around 0 that reaches about `width` to either side.
func bump(_ x: Float, _ width: Float) -> Float {
    let ratio = x / width
    return 1 / (1 + ratio * ratio * ratio * ratio)
}

/// A number of 0..<1 that belongs to a point of a grid.
func grain(_ x: Int, _ y: Int) -> Float {
    var hash = UInt32(truncatingIfNeeded: x) &* 0x9E37_79B1 ^ UInt32(truncatingIfNeeded: y) &* 0x85EB_CA77
    hash ^= hash &>> 15
    hash = hash &* 0x2C1B_3C6D
    hash ^= hash &>> 12
    return Float(hash &>> 8) / 16_777_216
}

/// Smooth noise of 0...1 with details of about one unit.
func noise(_ x: Float, _ y: Float) -> Float {
    let (column, row) = (floorf(x), floorf(y))
    let (dx, dy) = (x - column, y - row)
    let (i, j) = (Int(column), Int(row))
    let top = grain(i, j) + (grain(i + 1, j) - grain(i, j)) * dx
    let bottom = grain(i, j + 1) + (grain(i + 1, j + 1) - grain(i, j + 1)) * dx
    return top + (bottom - top) * dy
}
