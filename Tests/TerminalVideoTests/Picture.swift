import TerminalVideo

/// A picture of the tests' own making.
struct Picture {
    let width: Int
    let height: Int
    let stride: Int
    var luma: [UInt8]
    var blue: [UInt8]
    var red: [UInt8]

    /// - Parameter padding: bytes between the rows of luma that belong to no picture.
    init(width: Int, height: Int, padding: Int = 0, luma value: (_ x: Int, _ y: Int) -> UInt8) {
        self.width = width
        self.height = height
        stride = width + padding
        luma = Array(repeating: 255, count: stride * height)
        for y in 0..<height { for x in 0..<width { luma[y * stride + x] = value(x, y) } }
        let chroma = (width + 1) / 2 * ((height + 1) / 2)
        blue = Array(repeating: 128, count: chroma)
        red = Array(repeating: 128, count: chroma)
    }

    /// Repeatable noise of all three planes.
    static func noise(width: Int, height: Int, seed: UInt32) -> Picture {
        var state = seed
        func next() -> UInt8 {
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(state >> 24)
        }
        var picture = Picture(width: width, height: height) { _, _ in next() }
        for index in picture.blue.indices {
            picture.blue[index] = next()
            picture.red[index] = next()
        }
        return picture
    }

    func view<Result>(_ body: (PictureView) -> Result) -> Result? {
        luma.withUnsafeBufferPointer { luma in
            blue.withUnsafeBufferPointer { blue in
                red.withUnsafeBufferPointer { red in
                    PictureView(
                        width: width, height: height, luma: luma, lumaStride: stride, blue: blue, red: red, chromaStride: (width + 1) / 2
                    ).map(body)
                }
            }
        }
    }

    func show(in pane: PicturePane) {
        view { pane.show($0) }
    }
}

extension PicturePane {
    /// What painting adds, as bytes.
    func painted(limit: Int = .max) -> [UInt8] {
        var stream = PictureStream()
        paint(into: &stream, limit: limit)
        stream.close()
        return stream.bytes
    }
}
