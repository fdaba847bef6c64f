import PeerConnection
import Playout
import Wire

/// What came of a call over a ``NetworkScenario``. Where both directions count, the worse one is told.
public struct NetworkReport: Sendable {
    /// How often rates and concealment are sampled.
    static let interval = Duration.milliseconds(100)
    private static let samplesPerSecond = 10
    /// A picture that stands for less than this is none.
    static let glimpse = Duration.milliseconds(5)

    /// One side's sound and picture, as they came out at the other.
    public struct Direction: Sendable {
        /// Pictures encoded since the call had settled, and how many of those were shown.
        public fileprivate(set) var encoded = 0
        public fileprivate(set) var shown = 0
        /// Pictures shown in a second.
        public fileprivate(set) var framesPerSecond = 0.0
        /// The longest time without a new picture.
        public fileprivate(set) var longestFreeze: Duration = .zero
        /// When that ended, since the ends began to connect.
        public fileprivate(set) var longestFreezeEnd: Duration = .zero
        /// W3C's `totalFreezesDuration`.
        public fileprivate(set) var totalFreezesDuration: Duration = .zero
        /// How old pictures were when shown.
        public fileprivate(set) var pictureAges: [Duration] = []
        public fileprivate(set) var queueingDelay: Duration = .zero
        /// From the sound's arrival to its playing, on average.
        public fileprivate(set) var soundDelay: Duration = .zero
        /// What the sender took the path for, ten times a second, in bits per second.
        public fileprivate(set) var targets: [Int] = []
        /// Whether it sent pictures then.
        public fileprivate(set) var sendsVideo: [Bool] = []
        /// From mouth to ear without codecs and devices, on average, and what 99 % of the sound's packets took at most on the network.
        public fileprivate(set) var mouthToEar: Duration = .zero
        public fileprivate(set) var soundArrival: Duration = .zero
        /// The longest time without a packet of sound.
        public fileprivate(set) var longestSilence: Duration = .zero
        /// Packets of sound that came too late.
        public fileprivate(set) var soundDiscarded = 0
        /// The share of the pictures whose sound was heard within ITU-R BT.1359 of them.
        public fileprivate(set) var inSync = 1.0
        fileprivate var discarded: [Int] = []
        fileprivate var sentBytes: [Int] = []
        fileprivate var concealed: [Int] = []
        fileprivate var played: [Int] = []
        fileprivate var inserted: [Int] = []
        /// How old sound was when heard, every 10 ms, since the ends began to connect.
        private(set) var heard: [(at: Duration, age: Duration)] = []
        fileprivate var settledSample = 0

        mutating func sample(sent: Int, target: Int, sendsVideo: Bool, playout: AudioPlayoutStatistics) {
            targets.append(target)
            self.sendsVideo.append(sendsVideo)
            sentBytes.append(sent)
            concealed.append(playout.concealedSamples)
            played.append(playout.totalSamplesReceived)
            inserted.append(playout.insertedSamplesForDeceleration)
            discarded.append(playout.packetsDiscarded)
        }

        mutating func finish(
            sender: SyntheticMedia, receiver: SyntheticMedia, link: Link.Statistics, began: Instant, settled: Duration, until end: Instant
        ) {
            let start = began + settled
            settledSample = Int(settled / NetworkReport.interval)
            // What is on its way at the end was not lost.
            let last = end - .milliseconds(500)
            encoded = sender.encoded.count { $0 >= start && $0 < last }
            let times = receiver.pictures.times.filter { $0.at >= start }
            shown = zip(times, times.dropFirst()).count { time, next in
                time.at - time.age >= start && time.at - time.age < last && next.at - time.at >= NetworkReport.glimpse
            }
            framesPerSecond = Double(times.count) / (end - start).seconds
            var previous = receiver.pictures.times.last { $0.at < start }?.at ?? start
            for time in times.map(\.at) + [end] {
                if time - previous > longestFreeze { (longestFreeze, longestFreezeEnd) = (time - previous, time - began) }
                previous = time
            }
            totalFreezesDuration = receiver.pictures.freezes.totalFreezesDuration
            pictureAges = times.map(\.age).sorted()
            queueingDelay = link.wait(0.95)
            present(receiver.presentation, from: start)
            heard = receiver.presentation.heard.map { ($0.at - began, $0.age) }
            let sound = receiver.sound
            if sound.jitterBufferEmittedCount > 0 {
                soundDelay = .microseconds(Int(sound.jitterBufferDelay / Double(sound.jitterBufferEmittedCount) * 1e6))
            }
        }

        private mutating func present(_ presentation: SyntheticPresentation, from start: Instant) {
            let heard = presentation.heard.filter { $0.at >= start }.map(\.age)
            if !heard.isEmpty { mouthToEar = heard.reduce(.zero, +) / heard.count }
            let times = presentation.arrivals.map(\.at).filter { $0 >= start }
            longestSilence = zip(times, times.dropFirst()).map { $1 - $0 }.max() ?? .seconds(99)
            let arrivals = presentation.arrivals.map(\.age).sorted()
            if !arrivals.isEmpty { soundArrival = arrivals[(arrivals.count - 1) * 99 / 100] }
            if settledSample < discarded.count, let last = discarded.last { soundDiscarded = last - discarded[settledSample] }
            // What the next one takes the place of at once is not seen.
            let seen = zip(presentation.lags, presentation.lags.dropFirst()).filter { $1.at - $0.at >= NetworkReport.glimpse }.map(\.0)
            let lags = seen.filter { $0.at >= start }.map(\.lag)
            // People notice sound that is more than 45 ms early or 125 ms late.
            let together = lags.count { $0 >= .milliseconds(-45) && $0 <= .milliseconds(125) }
            if !lags.isEmpty { inSync = Double(together) / Double(lags.count) }
        }

        /// The share of the sound that was made up, since the call had settled.
        public var audioConcealed: Double { share(from: settledSample, to: played.count - 1) }

        /// The share of the sound that was made up in the worst second.
        public var audioConcealedInWorstSecond: Double {
            (settledSample..<max(settledSample, played.count - NetworkReport.samplesPerSecond))
                .map { share(from: $0, to: $0 + NetworkReport.samplesPerSecond) }.max() ?? 0
        }

        private func share(from first: Int, to last: Int) -> Double {
            guard first < last, last < played.count, played[last] > played[first] else { return 0 }
            return Double(concealed[last] - concealed[first]) / Double(played[last] - played[first])
        }

        /// How much sound was made up in `range`, since the ends began to connect.
        public func madeUp(_ range: Range<Duration>) -> Duration { counted(concealed, in: range) }

        /// By how much sound was drawn out in `range`, since the ends began to connect.
        func drawnOut(_ range: Range<Duration>) -> Duration { counted(inserted, in: range) }

        /// The growth of a count of samples.
        private func counted(_ samples: [Int], in range: Range<Duration>) -> Duration {
            let first = Int(range.lowerBound / NetworkReport.interval) - 1
            let last = min(Int(range.upperBound / NetworkReport.interval), samples.count) - 1
            guard last > first, last >= 0 else { return .zero }
            return .microseconds((samples[last] - (first >= 0 ? samples[first] : 0)) * 1000 / 48)
        }

        /// Bits per second on the wire in `range`, since the ends began to connect.
        public func sentRate(_ range: Range<Duration>) -> Double {
            let first = Int(range.lowerBound / NetworkReport.interval)
            let last = min(Int(range.upperBound / NetworkReport.interval), sentBytes.count) - 1
            guard last > first, first >= 0 else { return 0 }
            return Double(sentBytes[last] - sentBytes[first]) * 8 / (NetworkReport.interval * (last - first)).seconds
        }

        /// How long after `start` it took until half a second's rate was `rate` or more; `nil` if it never was.
        public func timeToReach(_ rate: Double, from start: Duration = .zero) -> Duration? {
            let window = NetworkReport.samplesPerSecond / 2
            let first = Int(start / NetworkReport.interval)
            for index in first..<max(first, sentBytes.count - window) {
                let bits = Double(sentBytes[index + window] - sentBytes[index]) * 8
                if bits / (NetworkReport.interval * window).seconds >= rate {
                    return NetworkReport.interval * (index + window) - start
                }
            }
            return nil
        }
    }

    public var directions: [Direction]
    /// The states that each end's connection went through.
    public var states: [[ConnectionState]]

    /// The share of pictures that were shown, of those encoded.
    public var framesShown: Double {
        directions.map { $0.encoded > 0 ? Double($0.shown) / Double($0.encoded) : 1 }.min() ?? 0
    }
    public var framesPerSecond: Double { directions.map(\.framesPerSecond).min() ?? 0 }
    public var longestFreeze: Duration { worst?.longestFreeze ?? .zero }
    public var longestFreezeEnd: Duration { worst?.longestFreezeEnd ?? .zero }
    private var worst: Direction? { directions.max { $0.longestFreeze < $1.longestFreeze } }
    public var audioConcealed: Double { directions.map(\.audioConcealed).max() ?? 0 }
    public var audioConcealedInWorstSecond: Double { directions.map(\.audioConcealedInWorstSecond).max() ?? 0 }
    public var queueingDelay: Duration { directions.map(\.queueingDelay).max() ?? .zero }
    /// How much longer than 99 % of its packets sound was under way, on average.
    public var soundWait: Duration { directions.map { $0.mouthToEar - $0.soundArrival }.max() ?? .zero }
    public var longestSilence: Duration { directions.map(\.longestSilence).max() ?? .zero }
    /// Whether the ends, once they were connected, were so at the end.
    public var survived: Bool { states.allSatisfy { $0.last == .connected } }
    public var soundDiscarded: Int { directions.map(\.soundDiscarded).max() ?? 0 }
    public var inSync: Double { directions.map(\.inSync).min() ?? 0 }
    public var soundDelay: Duration { directions.map(\.soundDelay).max() ?? .zero }
    /// The age of pictures that 95 % stay below.
    public var pictureAge: Duration {
        directions.map { $0.pictureAges.isEmpty ? .zero : $0.pictureAges[($0.pictureAges.count - 1) * 95 / 100] }.max() ?? .zero
    }
    /// Bits per second on the wire: the lower and the higher of the two directions.
    public func sentRate(_ range: Range<Duration>) -> ClosedRange<Double> {
        let rates = directions.map { $0.sentRate(range) }
        return (rates.min() ?? 0)...(rates.max() ?? 0)
    }
    /// How long the slower direction took; `nil` if it never got there.
    public func timeToReach(_ rate: Double, from start: Duration = .zero) -> Duration? {
        let times = directions.map { $0.timeToReach(rate, from: start) }
        return times.contains { $0 == nil } ? nil : times.compactMap { $0 }.max()
    }
}
