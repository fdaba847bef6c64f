import Codecs

/// A part of the picture, painted once and then copied into every frame.
struct Sprite {
    let luma: SpritePlane
    let u: SpritePlane
    let v: SpritePlane

    /// Paints a part of `width` by `height` pixels, both even. `paint` is asked for the middle of each sample, in pixels from
    /// the top left corner, and is told how many luma pixels wide the sample is.
    init(width: Int, height: Int, paint: (_ x: Float, _ y: Float, _ pixel: Float) -> Paint) {
        luma = SpritePlane(
            width: width, height: height, paints: Self.paints(width, height) { paint(Float($0) + 0.5, Float($1) + 0.5, 1) }, sample: \.luma)
        let chroma = Self.paints(width / 2, height / 2) { paint(Float($0) * 2 + 1, Float($1) * 2 + 1, 2) }
        u = SpritePlane(width: width / 2, height: height / 2, paints: chroma, sample: \.blueDifference)
        v = SpritePlane(width: width / 2, height: height / 2, paints: chroma, sample: \.redDifference)
    }

    private static func paints(_ width: Int, _ height: Int, _ paint: (Int, Int) -> Paint) -> [Paint] {
        var paints: [Paint] = []
        paints.reserveCapacity(width * height)
        for y in 0..<height {
            for x in 0..<width { paints.append(paint(x, y)) }
        }
        return paints
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

/// One plane of a sprite. In each row one run of samples is drawn: in its middle they are copied, at its ends blended.
struct SpritePlane {
    private struct Run {
        /// The samples that are not clear.
        var drawn: Range<Int>
        /// Those of them that hide what is behind.
        var solid: Range<Int>
    }

    let width: Int
    let height: Int
    private var samples: [UInt8]
    private var opacities: [UInt8]
    private var runs: [Run]

    init(width: Int, height: Int, paints: [Paint], sample: KeyPath<Paint, UInt8>) {
        self.width = width
        self.height = height
        samples = paints.map { $0[keyPath: sample] }
        opacities = paints.map(\.opacity)
        runs = []
        for row in 0..<height {
            let line = opacities[row * width..<(row + 1) * width]
            let first = (line.firstIndex { $0 > 0 } ?? line.endIndex) - line.startIndex
            let last = (line.lastIndex { $0 > 0 }.map { $0 + 1 } ?? line.endIndex) - line.startIndex
            let solid = line.dropFirst(first).firstIndex { $0 == 255 }.map { $0 - line.startIndex } ?? last
            let end = line.dropFirst(solid).firstIndex { $0 < 255 }.map { $0 - line.startIndex } ?? width
            runs.append(Run(drawn: first..<max(first, last), solid: solid..<max(solid, min(end, last))))
        }
    }

    func draw(on plane: I420Buffer.MutablePlane, x: Int, y: Int, lean: Float, leanStart: Int) {
        samples.withUnsafeBufferPointer { samples in
            opacities.withUnsafeBufferPointer { opacities in
                for row in max(0, -y)..<max(0, -y, min(height, plane.height - y)) {
                    let left = x + Int((lean * Float(row + leanStart)).rounded())
                    let run = runs[row]
                    let visible = max(0, -left)..<max(0, -left, plane.width - left)
                    let drawn = run.drawn.clamped(to: visible)
                    let solid = run.solid.clamped(to: visible)
                    let target = plane.row(y + row)
                    let start = row * width
                    if !solid.isEmpty {
                        let source = UnsafeBufferPointer(rebasing: samples[start + solid.lowerBound..<start + solid.upperBound])
                        _ = target[left + solid.lowerBound..<left + solid.upperBound].update(fromContentsOf: source)
                    }
                    blend(drawn.lowerBound..<max(drawn.lowerBound, min(drawn.upperBound, solid.lowerBound)))
                    blend(max(drawn.lowerBound, min(drawn.upperBound, solid.upperBound))..<drawn.upperBound)

                    func blend(_ range: Range<Int>) {
                        for index in range {
                            let opacity = Int(opacities[start + index])
                            let behind = Int(target[left + index])
                            target[left + index] = UInt8(behind + (Int(samples[start + index]) - behind) * opacity / 255)
                        }
                    }
                }
            }
        }
    }
}
