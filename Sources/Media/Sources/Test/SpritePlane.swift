import Codecs

/// One plane of a sprite. In each row one run of samples is drawn: in its middle they are copied, at its ends blended.
struct SpritePlane {
    private struct Run {
        /// The samples that are not clear.
        var start: Int
        var end: Int
        /// Those of them that hide what is behind.
        var solidStart: Int
        var solidEnd: Int
    }

    private let width: Int
    private let height: Int
    private let samples: [UInt8]
    private let opacities: [UInt8]
    private let runs: [Run]

    init(width: Int, height: Int, samples: [UInt8], opacities: [UInt8]) {
        self.width = width
        self.height = height
        self.samples = samples
        self.opacities = opacities
        runs = (0..<height).map { row in
            var run = Run(start: 0, end: width, solidStart: 0, solidEnd: 0)
            let first = row * width
            while run.start < width, opacities[first + run.start] == 0 { run.start += 1 }
            while run.end > run.start, opacities[first + run.end - 1] == 0 { run.end -= 1 }
            run.solidStart = run.start
            while run.solidStart < run.end, opacities[first + run.solidStart] < 255 { run.solidStart += 1 }
            run.solidEnd = run.solidStart
            while run.solidEnd < run.end, opacities[first + run.solidEnd] == 255 { run.solidEnd += 1 }
            return run
        }
    }

    /// Copies the plane into a picture's, as ``Sprite/draw(on:x:y:lean:leanStart:)`` says.
    func draw(on plane: I420Buffer.MutablePlane, x: Int, y: Int, lean: Float, leanStart: Int) {
        samples.withUnsafeBufferPointer { samples in
            opacities.withUnsafeBufferPointer { opacities in
                guard let target = plane.samples.baseAddress, let samples = samples.baseAddress, let opacities = opacities.baseAddress
                else {
                    return
                }
                var row = y < 0 ? -y : 0
                while row < height, y + row < plane.height {
                    let left = x + Int((lean * Float(row + leanStart)).rounded())
                    draw(
                        runs[row], from: samples + row * width, opacities + row * width, to: target + (y + row) * plane.stride, at: left,
                        plane.width)
                    row += 1
                }
            }
        }
    }

    /// Copies what is visible of one row.
    private func draw(
        _ run: Run, from samples: UnsafePointer<UInt8>, _ opacities: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>,
        at left: Int, _ targetWidth: Int
    ) {
        func bounded(_ index: Int) -> Int {
            let position = left + index
            return position < 0 ? -left : position > targetWidth ? targetWidth - left : index
        }
        let (start, end) = (bounded(run.start), bounded(run.end))
        let (solidStart, solidEnd) = (bounded(run.solidStart), bounded(run.solidEnd))
        blend(from: start, to: solidStart)
        if solidEnd > solidStart { (target + left + solidStart).update(from: samples + solidStart, count: solidEnd - solidStart) }
        blend(from: solidEnd, to: end)

        func blend(from start: Int, to end: Int) {
            var index = start
            while index < end {
                let behind = Int(target[left + index])
                target[left + index] = UInt8(truncatingIfNeeded: behind + (Int(samples[index]) - behind) * Int(opacities[index]) / 255)
                index += 1
            }
        }
    }
}
