package import MediaSources

/// One of a camera's formats, with the sizes and rates that it has.
public struct CameraFormat: Hashable, Sendable {
    public var pixelFormat: PixelFormat
    /// In the driver's words, for people.
    public var name: String
    public var sizes: [CameraSize]

    public init(pixelFormat: PixelFormat, name: String, sizes: [CameraSize]) {
        self.pixelFormat = pixelFormat
        self.name = name
        self.sizes = sizes
    }
}

/// A size that a camera has, or a range of them.
public struct CameraSize: Hashable, Sendable {
    /// What a side can be, in pixels: of a single size, one number.
    public struct Side: Hashable, Sendable {
        public var range: ClosedRange<Int>
        public var step: Int

        public init(_ range: ClosedRange<Int>, step: Int = 1) {
            self.range = range
            self.step = max(1, step)
        }

        /// The number that can be had and is nearest.
        func nearest(to wanted: Int) -> Int {
            let clamped = min(max(wanted, range.lowerBound), range.upperBound)
            return range.lowerBound + (clamped - range.lowerBound) / step * step
        }
    }

    public var width: Side
    public var height: Side
    /// Frames a second, in ascending order; empty where the driver says nothing.
    public var rates: [Double]
    /// The camera has every rate from the first to the last.
    public var hasRatesBetween: Bool

    public init(width: Side, height: Side, rates: [Double] = [], hasRatesBetween: Bool = false) {
        self.width = width
        self.height = height
        self.rates = rates.sorted()
        self.hasRatesBetween = hasRatesBetween
    }

    public init(_ width: Int, _ height: Int, rates: [Double] = []) {
        self.init(width: Side(width...width), height: Side(height...height), rates: rates)
    }

    /// The rate that can be had and is nearest: of two alike, the higher.
    func rate(nearest wanted: Double) -> Double {
        guard let first = rates.first, let last = rates.last else { return wanted }
        if hasRatesBetween { return min(max(wanted, first), last) }
        return rates.reversed().min { abs($0 - wanted) < abs($1 - wanted) } ?? wanted
    }

    /// As in `640x480`, or `2x1 to 3840x2160`.
    public var sidesText: String {
        let (small, large) = (
            "\(width.range.lowerBound)x\(height.range.lowerBound)", "\(width.range.upperBound)x\(height.range.upperBound)"
        )
        return small == large ? small : "\(small) to \(large)"
    }

    /// Frames a second, as in `30` or `1 to 60`; nil where the driver says nothing.
    public var ratesText: String? {
        guard let first = rates.first, let last = rates.last else { return nil }
        let (slowest, fastest) = (Self.text(first), Self.text(last))
        return slowest == fastest ? fastest : "\(slowest) to \(fastest)"
    }

    /// A rate without more digits than it needs.
    static func text(_ rate: Double) -> String {
        let tenths = (rate * 10).rounded()
        return tenths.truncatingRemainder(dividingBy: 10) == 0 ? "\(Int(tenths / 10))" : "\(tenths / 10)"
    }
}

/// How a camera is used: its format, size and rate.
public struct CameraMode: Hashable, Sendable, CustomStringConvertible {
    public var pixelFormat: PixelFormat
    public var width: Int
    public var height: Int
    /// Frames a second.
    public var framesPerSecond: Double

    public init(pixelFormat: PixelFormat, width: Int, height: Int, framesPerSecond: Double) {
        self.pixelFormat = pixelFormat
        self.width = width
        self.height = height
        self.framesPerSecond = framesPerSecond
    }

    public var description: String { "\(pixelFormat) \(width)x\(height) at \(CameraSize.text(framesPerSecond))" }

    /// The mode nearest to what is wanted, of the formats that are converted here.
    ///
    /// Nearness is the fitness distance of W3C's Media Capture and Streams: of width, height and rate, the difference as a part
    /// of the larger. Of modes as near, the one whose pictures are least work.
    ///
    /// - Returns: nil where no format is converted here.
    package static func best(of formats: [CameraFormat], for wanted: CaptureFormat) -> CameraMode? {
        var best: (mode: CameraMode, distance: Double, cost: Int)?
        for format in formats where format.pixelFormat.layout != nil {
            // A camera with colours is not asked for grey.
            let cost = format.pixelFormat.conversionCost + (format.pixelFormat.isColourless ? 1000 : 0)
            for size in format.sizes {
                let mode = CameraMode(
                    pixelFormat: format.pixelFormat, width: size.width.nearest(to: wanted.width),
                    height: size.height.nearest(to: wanted.height),
                    framesPerSecond: size.rate(nearest: Double(wanted.framesPerSecond)))
                let distance = mode.distance(to: wanted) + (format.pixelFormat.isColourless ? 1000 : 0)
                if let found = best, (found.distance, found.cost) <= (distance, cost) { continue }
                best = (mode, distance, cost)
            }
        }
        return best?.mode
    }

    private func distance(to wanted: CaptureFormat) -> Double {
        func part(_ actual: Double, _ ideal: Double) -> Double {
            actual == ideal ? 0 : abs(actual - ideal) / max(abs(actual), abs(ideal))
        }
        return part(Double(width), Double(wanted.width)) + part(Double(height), Double(wanted.height))
            + part(framesPerSecond, Double(wanted.framesPerSecond))
    }
}
