import Wire

/// How one direction of a path treats its packets.
///
/// A packet waits for the bottleneck (``rate``, ``queue``), is then lost or not, and arrives after ``delay`` and ``jitter``.
public struct LinkModel: Sendable, Hashable {
    /// Loss in bursts, after Gilbert and Elliott: the link is in a good or a bad state, and may change with each packet.
    public struct Bursts: Sendable, Hashable {
        /// Probability of going from good to bad at a packet.
        public var begin: Double
        /// Probability of going from bad to good at a packet; a burst lasts `1 / end` packets on average.
        public var end: Double
        /// Probability of losing a packet while bad.
        public var loss: Double

        public init(begin: Double, end: Double, loss: Double = 1) {
            (self.begin, self.end, self.loss) = (begin, end, loss)
        }

        /// The share of packets lost in the long run.
        public var averageLoss: Double {
            begin + end > 0 ? loss * begin / (begin + end) : 0
        }
    }

    /// How much may wait at the bottleneck; what comes then is dropped.
    public enum Queue: Sendable, Hashable {
        case time(Duration)
        case bytes(Int)
    }

    /// Probability, 0...1, that a packet is lost, independently of others.
    public var loss = 0.0
    public var bursts: Bursts?
    /// One way.
    public var delay = Duration.zero
    /// Standard deviation of the delay, normally distributed and never negative. Packets keep their order.
    public var jitter = Duration.zero
    /// Probability that a packet is held back by ``reorderingDelay``, so that later ones overtake it.
    public var reordering = 0.0
    public var reorderingDelay = Duration.milliseconds(20)
    /// Probability that a packet arrives twice.
    public var duplication = 0.0
    /// Bits a second, the headers of IP and UDP counted; `nil` for no limit.
    public var rate: Int?
    /// Only with a ``rate``.
    public var queue = Queue.time(.milliseconds(200))

    public init() {}

    public init(
        loss: Double = 0, bursts: Bursts? = nil, delay: Duration = .zero, jitter: Duration = .zero, reordering: Double = 0,
        duplication: Double = 0, rate: Int? = nil, queue: Queue = .time(.milliseconds(200))
    ) {
        self.loss = loss
        self.bursts = bursts
        self.delay = delay
        self.jitter = jitter
        self.reordering = reordering
        self.duplication = duplication
        self.rate = rate
        self.queue = queue
    }

    /// Everything arrives at once.
    public static let ideal = LinkModel()
}
