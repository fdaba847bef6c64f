import Codecs

/// A part of the picture, painted once and then copied into every frame.
struct Sprite {
    let luma: SpritePlane
    let u: SpritePlane
    let v: SpritePlane

    /// Paints a part of `width` by `height` pixels, both even.
    ///
    /// The part is painted at half its size, which is what the chroma planes have, and the luma is drawn out to the whole: as
    /// sharp as a camera is, at a quarter of the time.
    ///
    /// - Parameter paint: asked for the middle of each sample, in pixels from the top left corner.
    init(width: Int, height: Int, paint: (_ x: Float, _ y: Float) -> Paint) {
        let (columns, rows) = (width / 2, height / 2)
        var painted = Painted(count: columns * rows)
        var row = 0
        while row < rows {
            var column = 0
            while column < columns {
                painted.append(paint(Float(column) * 2 + 1, Float(row) * 2 + 1))
                column += 1
            }
            row += 1
        }
        u = SpritePlane(width: columns, height: rows, samples: painted.u, opacities: painted.opacities)
        v = SpritePlane(width: columns, height: rows, samples: painted.v, opacities: painted.opacities)
        luma = SpritePlane(
            width: columns * 2, height: rows * 2, samples: Self.doubled(painted.luma, columns, rows),
            opacities: Self.doubled(painted.opacities, columns, rows))
    }

    private struct Painted {
        var luma: [UInt8] = []
        var u: [UInt8] = []
        var v: [UInt8] = []
        var opacities: [UInt8] = []

        init(count: Int) {
            luma.reserveCapacity(count)
            u.reserveCapacity(count)
            v.reserveCapacity(count)
            opacities.reserveCapacity(count)
        }

        mutating func append(_ paint: Paint) {
            luma.append(UInt8(paint.luma + 0.5))
            u.append(UInt8(paint.u + 0.5))
            v.append(UInt8(paint.v + 0.5))
            opacities.append(UInt8(paint.opacity + 0.5))
        }
    }

    /// Draws a plane out to twice its size: each new sample is three parts the nearest old one and one part the next, in
    /// both directions.
    private static func doubled(_ samples: [UInt8], _ columns: Int, _ rows: Int) -> [UInt8] {
        samples.withUnsafeBufferPointer { samples in
            [UInt8](unsafeUninitializedCapacity: columns * rows * 4) { buffer, count in
                count = columns * rows * 4
                var position = 0
                while position < count {
                    let (y, x) = (position / (columns * 2), position % (columns * 2))
                    let (row, column) = (y >> 1, x >> 1)
                    let nextRow = y & 1 == 0 ? (row > 0 ? row - 1 : 0) : (row + 1 < rows ? row + 1 : row)
                    let nextColumn = x & 1 == 0 ? (column > 0 ? column - 1 : 0) : (column + 1 < columns ? column + 1 : column)
                    let near = 3 * Int(samples[row * columns + column]) + Int(samples[row * columns + nextColumn])
                    let far = 3 * Int(samples[nextRow * columns + column]) + Int(samples[nextRow * columns + nextColumn])
                    buffer[position] = UInt8(truncatingIfNeeded: (3 * near + far + 8) >> 4)
                    position += 1
                }
            }
        }
    }

    /// Copies the part into a picture with its top left corner at (`x`, `y`), which may lie outside.
    ///
    /// - Parameters:
    ///   - lean: pixels that a row moves to the right for each row that it lies below the top.
    ///   - leanStart: rows above the sprite's own at which the leaning begins.
    func draw(on picture: I420Buffer, x: Int, y: Int, lean: Float = 0, leanStart: Int = 0) {
        picture.withMutablePlanes { yPlane, uPlane, vPlane in
            luma.draw(on: yPlane, x: x, y: y, lean: lean, leanStart: leanStart)
            u.draw(on: uPlane, x: x >> 1, y: y >> 1, lean: lean, leanStart: leanStart >> 1)
            v.draw(on: vPlane, x: x >> 1, y: y >> 1, lean: lean, leanStart: leanStart >> 1)
        }
    }
}
