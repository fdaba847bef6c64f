/// A colour as luma, blue and red difference, in levels of BT.601 with the range 16...235: near to how differences look.
struct Light {
    var luma: Float
    var blue: Float
    var red: Float

    /// How much squared levels of chroma count beside those of luma: the eye, and every picture's chroma planes, see it coarser.
    static let chromaWeight: Float = 0.4

    /// Far from every colour.
    static let none = Light(luma: .infinity, blue: 0, red: 0)

    init(luma: Float, blue: Float, red: Float) {
        self.luma = luma
        self.blue = blue
        self.red = red
    }

    /// - Parameter colour: 0xRRGGBB.
    @inline(__always)
    init(_ colour: UInt32) {
        let r = Float(Int32(bitPattern: colour >> 16 & 255))
        let g = Float(Int32(bitPattern: colour >> 8 & 255))
        let b = Float(Int32(bitPattern: colour & 255))
        luma = 0.256_788 * r + 0.504_129 * g + 0.097_906 * b + 16
        blue = -0.148_223 * r - 0.290_993 * g + 0.439_216 * b
        red = 0.439_216 * r - 0.367_788 * g - 0.071_427 * b
    }

    /// The squared difference of two colours.
    @inline(__always)
    func distance(_ other: Light) -> Float {
        let y = luma - other.luma
        let u = blue - other.blue
        let v = red - other.red
        return y * y + Self.chromaWeight * (u * u + v * v)
    }

    /// This colour, with `share` of another.
    func mixed(with other: Light, share: Float) -> Light {
        Light(
            luma: luma + (other.luma - luma) * share, blue: blue + (other.blue - blue) * share, red: red + (other.red - red) * share)
    }
}
