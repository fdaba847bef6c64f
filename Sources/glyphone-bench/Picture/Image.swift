import Codecs

/// A plane of samples as numbers, 0...255.
struct Image {
    let width: Int
    let height: Int
    var samples: [Float]

    init(width: Int, height: Int, value: Float = 0) {
        self.width = width
        self.height = height
        samples = Array(repeating: value, count: width * height)
    }

    init(_ plane: I420Buffer.Plane) {
        width = plane.width
        height = plane.height
        samples = []
        samples.reserveCapacity(width * height)
        for row in 0..<height { samples += plane.row(row).prefix(width).map(Float.init) }
    }

    subscript(column: Int, row: Int) -> Float {
        get { samples[row * width + column] }
        set { samples[row * width + column] = newValue }
    }

    /// In another size: by area where both sides shrink, else by cubic interpolation (a = -0.75), rounded to whole levels, as OpenCV does it.
    func scaled(width: Int, height: Int) -> Image {
        let isSmaller = width <= self.width && height <= self.height
        func weights(_ source: Int, _ target: Int) -> [Weights] {
            (0..<target).map { isSmaller ? Weights(area: $0, source, target) : Weights(cubic: $0, source, target) }
        }
        return resampled(weights(self.width, width), weights(self.height, height)).rounded()
    }

    /// Twice as large by linear interpolation, for planes of chroma.
    func doubled(width: Int, height: Int) -> Image {
        resampled(
            (0..<width).map { Weights(linear: $0, self.width, width) }, (0..<height).map { Weights(linear: $0, self.height, height) })
    }

    /// Which samples of a row or column make one of the result.
    struct Weights {
        var first: Int
        var values: [Float]
        var last: Int

        init(area index: Int, _ source: Int, _ target: Int) {
            let start = Double(index) * Double(source) / Double(target)
            let end = Double(index + 1) * Double(source) / Double(target)
            first = Int(start)
            last = source - 1
            values = (first..<max(first + 1, Int(end.rounded(.up)))).map {
                Float((min(end, Double($0 + 1)) - max(start, Double($0))) / (end - start))
            }
        }

        init(linear index: Int, _ source: Int, _ target: Int) {
            let place = max(0, (Double(index) + 0.5) * Double(source) / Double(target) - 0.5)
            first = Int(place)
            last = source - 1
            let fraction = Float(place - Double(first))
            values = [1 - fraction, fraction]
        }

        init(cubic index: Int, _ source: Int, _ target: Int) {
            let place = (Double(index) + 0.5) * Double(source) / Double(target) - 0.5
            let whole = Int(place.rounded(.down))
            let t = Float(place - place.rounded(.down))
            let a: Float = -0.75
            func near(_ x: Float) -> Float { ((a + 2) * x - (a + 3)) * x * x + 1 }
            func far(_ x: Float) -> Float { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
            first = whole - 1
            last = source - 1
            values = [far(1 + t), near(t), near(1 - t), far(2 - t)]
        }
    }

    private func resampled(_ columns: [Weights], _ rows: [Weights]) -> Image {
        var wide = Image(width: columns.count, height: height)
        for row in 0..<height {
            for (column, weights) in columns.enumerated() {
                var sum: Float = 0
                for (index, weight) in weights.values.enumerated() {
                    sum += weight * samples[row * width + min(max(weights.first + index, 0), weights.last)]
                }
                wide.samples[row * columns.count + column] = sum
            }
        }
        var result = Image(width: columns.count, height: rows.count)
        for (row, weights) in rows.enumerated() {
            for (index, weight) in weights.values.enumerated() {
                let source = min(max(weights.first + index, 0), weights.last) * wide.width
                for column in 0..<wide.width { result.samples[row * wide.width + column] += weight * wide.samples[source + column] }
            }
        }
        return result
    }

    func rounded() -> Image {
        var result = self
        for index in samples.indices { result.samples[index] = min(max((samples[index] + 0.5).rounded(.down), 0), 255) }
        return result
    }

    /// Half as wide and high, by area.
    func halved() -> Image {
        var result = Image(width: width / 2, height: height / 2)
        for row in 0..<result.height {
            for column in 0..<result.width {
                let index = 2 * row * width + 2 * column
                result[column, row] = (samples[index] + samples[index + 1] + samples[index + width] + samples[index + width + 1]) / 4
            }
        }
        return result
    }
}

/// A picture as three planes of red, green and blue, 0...255.
struct ColourImage {
    var planes: [Image]

    /// BT.601 with the range 16...235.
    init(_ picture: I420Buffer) {
        let (y, u, v) = picture.withPlanes { y, u, v in
            (Image(y), Image(u).doubled(width: y.width, height: y.height), Image(v).doubled(width: y.width, height: y.height))
        }
        planes = Array(repeating: Image(width: y.width, height: y.height), count: 3)
        for index in y.samples.indices {
            let light = (y.samples[index] - 16) * (255 / 219)
            let blue = (u.samples[index] - 128) * (255 / 224)
            let red = (v.samples[index] - 128) * (255 / 224)
            planes[0].samples[index] = light + 1.402 * red
            planes[1].samples[index] = light - 0.344_136 * blue - 0.714_136 * red
            planes[2].samples[index] = light + 1.772 * blue
        }
        planes = planes.map { $0.rounded() }
    }

    init(width: Int, height: Int) {
        planes = Array(repeating: Image(width: width, height: height), count: 3)
    }

    func scaled(width: Int, height: Int) -> ColourImage {
        var result = self
        result.planes = planes.map { $0.scaled(width: width, height: height) }
        return result
    }

    var luma: Image {
        var result = planes[0]
        for index in result.samples.indices {
            result.samples[index] = 0.299 * planes[0].samples[index] + 0.587 * planes[1].samples[index] + 0.114 * planes[2].samples[index]
        }
        return result
    }
}
