/// A picture scaled to the few pixels that cells can show, as RGB.
///
/// Its buffers are kept from picture to picture, so that nothing is allocated while the sizes stay.
struct PixelGrid {
    let width: Int
    let height: Int
    /// Row by row, 0xRRGGBB.
    private(set) var pixels: [UInt32]
    /// Row by row, as in the picture: 16 is black, 235 white.
    private(set) var luma: [UInt8]
    private var blue: [UInt8]
    private var red: [UInt8]
    private var lumaScaler: PlaneScaler
    private var chromaScaler: PlaneScaler

    init(for picture: PictureView, width: Int, height: Int) {
        self.width = width
        self.height = height
        let count = width * height
        pixels = Array(repeating: 0, count: count)
        luma = Array(repeating: 0, count: count)
        blue = luma
        red = luma
        lumaScaler = PlaneScaler(sourceWidth: picture.width, sourceHeight: picture.height, width: width, height: height)
        chromaScaler = PlaneScaler(sourceWidth: picture.chromaWidth, sourceHeight: picture.chromaHeight, width: width, height: height)
    }

    /// Whether the grid was made for pictures of this size.
    func suits(_ picture: PictureView, width: Int, height: Int) -> Bool {
        self.width == width && self.height == height && lumaScaler.sourceWidth == picture.width && lumaScaler.sourceHeight == picture.height
    }

    /// Takes a picture of the size that the grid was made for.
    ///
    /// - Parameter colour: whether `pixels` are wanted; `luma` always is.
    mutating func load(_ picture: PictureView, colour: Bool) {
        luma.withUnsafeMutableBufferPointer { lumaScaler.scale(picture.luma, stride: picture.lumaStride, into: $0) }
        guard colour else { return }
        blue.withUnsafeMutableBufferPointer { chromaScaler.scale(picture.blue, stride: picture.chromaStride, into: $0) }
        red.withUnsafeMutableBufferPointer { chromaScaler.scale(picture.red, stride: picture.chromaStride, into: $0) }
        convert()
    }

    /// Replaces `pixels` by the colours of a mode.
    mutating func quantise(_ colours: ColourMode) {
        let width = width
        pixels.withUnsafeMutableBufferPointer { ColourQuantiser(mode: colours).quantise($0, width: width) }
    }

    /// BT.601 with the range 16...235 to RGB, in 1/256.
    private mutating func convert() {
        let count = width * height
        pixels.withUnsafeMutableBufferPointer { pixels in
            luma.withUnsafeBufferPointer { luma in
                blue.withUnsafeBufferPointer { blue in
                    red.withUnsafeBufferPointer { red in
                        guard let pixels = pixels.baseAddress, let luma = luma.baseAddress else { return }
                        guard let blue = blue.baseAddress, let red = red.baseAddress else { return }
                        for index in 0..<count {
                            let y = 298 &* (Int32(luma[index]) &- 16) &+ 128
                            let u = Int32(blue[index]) &- 128
                            let v = Int32(red[index]) &- 128
                            let r = min(max((y &+ 409 &* v) >> 8, 0), 255)
                            let g = min(max((y &- 100 &* u &- 208 &* v) >> 8, 0), 255)
                            let b = min(max((y &+ 516 &* u) >> 8, 0), 255)
                            pixels[index] = UInt32(truncatingIfNeeded: r << 16 | g << 8 | b)
                        }
                    }
                }
            }
        }
    }
}
