/// Takes pixels of another size out of a picture, in RGB: each the mean of the light that it stands for.
struct PixelSampler {
    private let picture: PictureView
    private let columns: [Int]
    private let rows: [Int]

    /// - Parameters:
    ///   - across: how many pixels there are to be beside each other.
    ///   - down: how many rows of them.
    init(_ picture: PictureView, across: Int, down: Int) {
        self.picture = picture
        columns = Self.edges(picture.width, parts: across)
        rows = Self.edges(picture.height, parts: down)
    }

    /// Where each of `parts` equal parts of `length` samples begins, and where the last ends.
    private static func edges(_ length: Int, parts: Int) -> [Int] { (0...parts).map { $0 * length / parts } }

    /// Takes a rectangle of pixels.
    ///
    /// - Parameter pixels: gets `width` times `height` of them, three bytes each.
    func sample(column: Int, row: Int, width: Int, height: Int, into pixels: UnsafeMutablePointer<UInt8>) {
        columns.withUnsafeBufferPointer { columns in
            var next = pixels
            for line in row..<(row + height) {
                let top = rows[line]
                let bottom = max(rows[line + 1], top + 1)
                let chromaRow = (top + bottom) / 4 * picture.chromaStride
                let luma = picture.luma.baseAddress! + top * picture.lumaStride
                for index in column..<(column + width) {
                    let first = columns[index]
                    let end = max(columns[index + 1], first + 1)
                    let chroma = chromaRow + (first + end) / 4
                    Light.rgb(
                        luma: mean(luma, columns: first..<end, rows: bottom - top), blue: Int(picture.blue[chroma]),
                        red: Int(picture.red[chroma]), into: next)
                    next += 3
                }
            }
        }
    }

    @inline(__always)
    private func mean(_ luma: UnsafePointer<UInt8>, columns: Range<Int>, rows: Int) -> Int {
        if rows == 1, columns.count == 1 { return Int(luma[columns.lowerBound]) }
        var sum = 0
        for row in 0..<rows { for column in columns { sum += Int(luma[row * picture.lumaStride + column]) } }
        return sum / (rows * columns.count)
    }
}

extension Light {
    /// A colour of BT.601 in RGB.
    @inline(__always)
    fileprivate static func rgb(luma: Int, blue: Int, red: Int, into pixel: UnsafeMutablePointer<UInt8>) {
        let light = (luma - 16) * 298 + 128
        let (u, v) = (blue - 128, red - 128)
        func level(_ value: Int) -> UInt8 { UInt8(truncatingIfNeeded: min(max(value >> 8, 0), 255)) }
        pixel[0] = level(light + 409 * v)
        pixel[1] = level(light - 100 * u - 208 * v)
        pixel[2] = level(light + 516 * u)
    }
}
