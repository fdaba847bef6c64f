import func Glibc.pow
import Wire

/// Chooses size and frame rate of the pictures that a bitrate is enough for: fewer pixels before fewer pictures, down to an
/// eighth of the height at five a second. Down at once; up slowly, since each change of size costs a key frame.
public struct VideoLadder: Sendable {
    public struct Format: Hashable, Sendable {
        public var width: Int
        public var height: Int
        public var framesPerSecond: Double

        public init(width: Int, height: Int, framesPerSecond: Double) {
            self.width = width
            self.height = height
            self.framesPerSecond = framesPerSecond
        }
    }

    /// What a receiver said that it decodes at most (RFC 7741 section 6.1); `nil`: whatever comes.
    public struct Limit: Hashable, Sendable {
        /// In macroblocks of 16x16 pixels. No side of a picture is longer than the square root of eight times as many.
        public var frameSize: Int?
        public var framesPerSecond: Int?

        public init(frameSize: Int? = nil, framesPerSecond: Int? = nil) {
            (self.frameSize, self.framesPerSecond) = (frameSize, framesPerSecond)
        }
    }

    private static let steps: [(scale: Double, framesPerSecond: Double)] = [
        (1, 30), (0.75, 30), (0.5, 30), (0.5, 15), (0.375, 15), (0.25, 15), (0.25, 10), (0.25, 5),
    ]
    /// Bits that a picture needs are `bits * pixels`, for `framesPerSecond ** 0.75` pictures: such that 640x480 at 30 needs
    /// 300 kbit/s. The faster pictures follow one another, the less is new in each.
    private static let (bits, exponent) = (0.076, 0.75)
    /// No picture becomes smaller than this.
    private static let smallest = (width: 160, height: 120)
    /// A step up needs this much more than it costs, for so long: at the start, once a step down was needed, and most.
    private static let reserve = 1.25
    private static let patience = (first: Duration.milliseconds(400), usual: Duration.seconds(2), most: Duration.seconds(16))
    /// So soon after a step up, a step down shows that it was taken too early.
    private static let relapse = Duration.seconds(10)

    private var step = 0
    private var hasBegun = false
    private var enoughSince: Instant?
    private var steppedUpAt: Instant?
    private var patience = Self.patience.first

    public init() {}

    /// Whether pictures are smaller or fewer than their source gives them.
    public var isReduced: Bool { step > 0 }

    /// - Parameters:
    ///   - bitrate: bits per second for pictures.
    ///   - source: what the source gives.
    ///   - limit: what the receiver takes.
    /// - Returns: what to send.
    public mutating func update(bitrate: Int, source: Format, limit: Limit = Limit(), at now: Instant) -> Format {
        let source = source.limited(to: limit)
        let fitting = Self.steps.indices.first { Double(bitrate) >= Self.need($0, source) } ?? Self.steps.count - 1
        if !hasBegun {
            hasBegun = true
            step = fitting
        } else if fitting > step {
            let isRelapse = steppedUpAt.map { now - $0 < Self.relapse } ?? false
            patience = isRelapse ? min(max(patience * 2, Self.patience.usual), Self.patience.most) : Self.patience.usual
            (step, enoughSince) = (fitting, nil)
        } else if let higher = Self.steps.indices.first(where: { Double(bitrate) >= Self.need($0, source) * Self.reserve }),
            higher < step
        {
            let since = enoughSince ?? now
            enoughSince = since
            if now - since >= patience {
                (step, enoughSince, steppedUpAt) = (higher, nil, now)
            }
        } else {
            enoughSince = nil
        }
        return Self.format(step, source)
    }

    /// What is enough for pictures of this size and rate, in bits per second.
    public static func bitrate(for format: Format) -> Int {
        Int(bits * Double(format.width * format.height) * pow(format.framesPerSecond, exponent))
    }

    private static func need(_ step: Int, _ source: Format) -> Double {
        Double(bitrate(for: format(step, source)))
    }

    private static func format(_ step: Int, _ source: Format) -> Format {
        let (wanted, framesPerSecond) = steps[step]
        let least = max(Double(smallest.width) / Double(max(1, source.width)), Double(smallest.height) / Double(max(1, source.height)))
        let scale = min(1, max(wanted, least))
        // Even, for the colours' sake.
        let (width, height) = (Int(Double(source.width) * scale) & ~1, Int(Double(source.height) * scale) & ~1)
        return Format(
            width: scale == 1 ? source.width : max(2, width), height: scale == 1 ? source.height : max(2, height),
            framesPerSecond: min(framesPerSecond, source.framesPerSecond))
    }
}

extension VideoLadder.Format {
    /// The format in the same proportions, as far as even sizes allow, within what a receiver takes; at least 2x2 at one a second.
    public func limited(to limit: VideoLadder.Limit) -> Self {
        var format = self
        if let most = limit.framesPerSecond { format.framesPerSecond = min(framesPerSecond, Double(max(1, most))) }
        guard let most = limit.frameSize.map({ max(1, $0) }) else { return format }
        let longest = Int((Double(most) * 8).squareRoot())
        func fits(_ width: Int, _ height: Int) -> Bool {
            let (columns, rows) = ((width + 15) / 16, (height + 15) / 16)
            return columns <= longest && rows <= longest && columns * rows <= most
        }
        var scaled = self.width
        while scaled > 2, !fits(format.width, format.height) {
            scaled = max(2, scaled - 2) & ~1
            (format.width, format.height) = (scaled, max(2, height * scaled / max(1, width) & ~1))
        }
        return format
    }
}
