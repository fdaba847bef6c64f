import Playout
import RTP
import Wire

/// Decodes payloads that only name the frame they stand for, and remembers what it was asked to do.
final class FakeDecoder: AudioDecoding {
    struct Garbage: Error {}

    /// What `AudioScenario` sends: the frame's index in four bytes, a marker for FEC, filling.
    static func payload(_ index: Int, fec: Bool = true) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: index >> (24 - 8 * $0)) } + [fec ? 1 : 0, 0xaa, 0xaa, 0xaa]
    }

    private(set) var decoded: [Int] = []
    private(set) var recovered: [Int] = []
    private(set) var concealed = 0
    private var phase = 0

    private func index(_ payload: [UInt8]) -> Int? {
        guard payload.count == 8 else { return nil }
        return payload[..<4].reduce(0) { $0 << 8 | Int($1) }
    }

    /// A 440 Hz tone comes round every 4800 samples; the longest piece asked for is 5760.
    private static let table = (0..<(4800 + 5760)).map { Int16(8000 * sine(Double($0 % 4800) * 440 / 48_000)) }

    /// The tone, whose phase follows from the place in the stream.
    static func tone(from start: Int, count: Int) -> [Int16] {
        let phase = ((start % 4800) + 4800) % 4800
        return Array(table[phase..<(phase + count)])
    }

    func decode(_ payload: [UInt8]) throws -> [Int16] {
        if payload.count <= 2 { return [Int16](repeating: 0, count: 960) }
        guard let index = index(payload) else { throw Garbage() }
        decoded.append(index)
        phase = (index + 1) * 960
        return Self.tone(from: index * 960, count: 960)
    }

    func decodeFEC(_ payload: [UInt8], samples: Int) throws -> [Int16] {
        guard let index = index(payload) else { throw Garbage() }
        recovered.append(index - 1)
        phase = index * 960
        return Self.tone(from: index * 960 - samples, count: samples)
    }

    func conceal(samples: Int) throws -> [Int16] {
        concealed += samples
        defer { phase += samples }
        return Self.tone(from: phase, count: samples)
    }

    func duration(of payload: [UInt8]) -> Int { index(payload) != nil || (1...2).contains(payload.count) ? 960 : 0 }

    func hasFEC(_ payload: [UInt8]) -> Bool { payload.count == 8 && payload[4] == 1 }
}

/// The sine of so many turns, without a library: good to five digits.
func sine(_ turns: Double) -> Double {
    var x = (turns - turns.rounded()) * 2 * Double.pi
    if x > Double.pi / 2 { x = Double.pi - x } else if x < -Double.pi / 2 { x = -Double.pi - x }
    let y = x * x
    return x * (1 - y / 6 * (1 - y / 20 * (1 - y / 42 * (1 - y / 72 * (1 - y / 110)))))
}

/// A sender of 20 ms frames, a network, and a device that plays, all in virtual time.
struct AudioScenario<Decoder: AudioDecoding> {
    struct Arrival {
        var at: Instant
        var packet: RTPPacket
        /// Earlier ones that it repeats.
        var copies: [RTPPacket]
    }

    /// Losses in bursts, after Gilbert and Elliott.
    struct Bursts {
        /// The part that is lost, and how many packets a burst has, in the mean.
        var loss: Double
        var length: Double
        fileprivate var isBad = false

        init(loss: Double, length: Double) {
            (self.loss, self.length) = (loss, length)
        }

        fileprivate mutating func loses(_ random: inout RandomSource) -> Bool {
            let change = isBad ? 1 / length : loss / (1 - loss) / length
            if random.uniform(0...1) < change { isBad.toggle() }
            return isBad
        }
    }

    var playout: AudioPlayout<Decoder>
    var random: RandomSource
    /// How much faster than the device's the sender's clock runs, in parts per million.
    var drift = 0.0
    /// Milliseconds that a packet takes, given the random source and when it was sent.
    var delay: (inout RandomSource, _ sentAt: Double) -> Double = { _, _ in 30 }
    /// The part of the packets that is lost.
    var loss = 0.0
    var bursts: Bursts?
    /// Packets that are lost beside those, by their number.
    var losesPacket: (Int) -> Bool = { _ in false }
    var duplication = 0.0
    /// Which packets are repeated with each: 1 is the last before it.
    var redundancy: [Int] = []
    var firstSequenceNumber: UInt16 = 65_500
    var firstTimestamp: UInt32 = 0xffff_f000
    var payload: (Int) -> [UInt8]? = { FakeDecoder.payload($0) }
    private(set) var sent = 0
    private(set) var output: [Int16] = []
    private(set) var delays: [Double] = []
    private var inFlight: [Arrival] = []
    private var recent: [RTPPacket] = []
    private var pulls = 0
    private var sequence: UInt16 = 0

    init(decoder: Decoder, seed: UInt64 = 1, configuration: AudioPlayout<Decoder>.Configuration = .init()) {
        playout = AudioPlayout(decoder: decoder, configuration: configuration)
        random = .seeded(seed)
    }

    private func uniform(_ random: inout RandomSource) -> Double { Double(random.next() >> 11) / Double(1 << 53) }

    /// Runs for so many seconds more.
    mutating func run(seconds: Double) {
        let end = Double(pulls) * 10 + seconds * 1000
        while Double(pulls) * 10 < end {
            let now = Double(pulls) * 10
            while true {
                let sentAt = Double(sent) * 20 / (1 + drift / 1e6) + 3.3
                guard sentAt <= now else { break }
                send(at: sentAt)
            }
            deliver(until: now)
            output += playout.nextFrame(at: Instant(nanoseconds: Int64(now * 1e6)))
            delays.append(playout.currentDelay?.milliseconds ?? 0)
            if let played = playout.playedTimestamp {
                let index = Double(played &- firstTimestamp) / 48
                latencies.append(now - (index / (1 + drift / 1e6) + 3.3))
            }
            pulls += 1
        }
    }

    private mutating func send(at sentAt: Double) {
        defer { sent += 1 }
        guard let payload = payload(sent) else { return }
        let packet = RTPPacket(
            payloadType: 111, sequenceNumber: firstSequenceNumber &+ sequence,
            timestamp: firstTimestamp &+ UInt32(truncatingIfNeeded: sent * 960), ssrc: 7, payload: payload)
        sequence &+= 1
        let repeated = redundancy.filter { $0 <= recent.count }.map { recent[recent.count - $0] }
        recent = recent.suffix(15) + [packet]
        let lost = (uniform(&random) < loss) || (bursts?.loses(&random) ?? false) || losesPacket(sent)
        let copies = uniform(&random) < duplication ? 2 : 1
        for _ in 0..<copies {
            let arrival = sentAt + delay(&random, sentAt)
            networkDelays.append(arrival - sentAt)
            if !lost { inFlight.append(Arrival(at: Instant(nanoseconds: Int64(arrival * 1e6)), packet: packet, copies: repeated)) }
        }
    }

    private mutating func deliver(until now: Double) {
        let now = Instant(nanoseconds: Int64(now * 1e6))
        inFlight.sort { $0.at < $1.at }
        while let first = inFlight.first, first.at <= now {
            for copy in first.copies { playout.insertCopy(copy, at: first.at) }
            playout.insert(first.packet, at: first.at)
            inFlight.removeFirst()
        }
    }

    /// What each packet's way took, in milliseconds.
    private(set) var networkDelays: [Double] = []
    /// From the sending of a sample to its playing, in milliseconds, once for each frame played.
    private(set) var latencies: [Double] = []

    func meanLatency(last seconds: Double) -> Double {
        let part = latencies.suffix(Int(seconds * 100))
        return part.reduce(0, +) / Double(max(1, part.count))
    }

    var concealedFraction: Double {
        Double(playout.statistics.concealedSamples) / Double(max(1, playout.statistics.totalSamplesReceived))
    }

    /// The mean delay in milliseconds over the last `seconds`.
    func meanDelay(last seconds: Double) -> Double {
        let part = delays.suffix(Int(seconds * 100))
        return part.reduce(0, +) / Double(max(1, part.count))
    }
}

extension RandomSource {
    /// A standard normal variable, as the sum of twelve uniform ones.
    mutating func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + uniform(0...1) } }

    mutating func uniform(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * Double(next() >> 11) / Double(1 << 53)
    }
}
