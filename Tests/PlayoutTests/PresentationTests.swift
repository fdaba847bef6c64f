import Playout
import RTP
import Testing
import Wire

/// Sound and picture of one sender on their way through the buffers to ear and eye, in virtual time.
private struct Presentation {
    /// Milliseconds that sound and picture take on the network.
    var soundDelay: (inout RandomSource) -> Double
    var pictureDelay: (inout RandomSource) -> Double
    private var random: RandomSource
    private var playout = AudioPlayout(decoder: FakeDecoder())
    private(set) var schedule = FrameSchedule()
    private var sync = LipSync()
    private var packets: [(at: Double, index: Int)] = []
    private var frames: [(at: Double, captured: Double)] = []
    private var now = 0.0
    private var soundLatency: Double?
    /// By how much each frame's sound came after it, and when frames were shown, in milliseconds.
    private(set) var lags: [Double] = []
    private(set) var shown: [Double] = []
    private(set) var pictureLatencies: [Double] = []

    /// What the sound card takes.
    private static let device = 40.0

    init(
        seed: UInt64 = 1, sound: @escaping (inout RandomSource) -> Double, picture: @escaping (inout RandomSource) -> Double
    ) {
        random = .seeded(seed)
        (soundDelay, pictureDelay) = (sound, picture)
    }

    private func instant(_ milliseconds: Double) -> Instant { Instant(nanoseconds: Int64(milliseconds * 1e6)) }

    private func ticks(_ milliseconds: Double, _ perMillisecond: Double) -> UInt32 {
        UInt32(truncatingIfNeeded: Int64((milliseconds * perMillisecond).rounded()) + 4_294_000_000)
    }

    mutating func run(seconds: Double) {
        let end = now + seconds * 1000
        while now < end {
            if Int(now) % 1000 == 0 {
                let ntp = NTPTime(unixNanoseconds: 1_700_000_000_000_000_000 + Int64(now * 1e6))
                sync.senderReport(.audio, ntp: ntp, rtpTimestamp: ticks(now, 48))
                sync.senderReport(.video, ntp: ntp, rtpTimestamp: ticks(now, 90))
            }
            // A packet leaves when its 20 ms have been captured, a frame when it has been encoded.
            if Int(now) % 20 == 0 { packets.append((now + 20 + soundDelay(&random), Int(now) / 20)) }
            if Int(now / 10) % 10 == 0 {
                for part in 0..<3 {
                    let captured = now + Double(part) * 100 / 3
                    frames.append((max(captured + 5 + pictureDelay(&random), frames.last?.at ?? 0), captured))
                }
            }
            for packet in packets where packet.at <= now { insert(packet.index, at: packet.at) }
            packets.removeAll { $0.at <= now }
            while let frame = frames.first, frame.at <= now {
                show(captured: frame.captured, at: frame.at)
                frames.removeFirst()
            }
            play()
            now += 10
        }
    }

    private mutating func insert(_ index: Int, at time: Double) {
        playout.insert(
            RTPPacket(
                payloadType: 111, sequenceNumber: UInt16(truncatingIfNeeded: index), timestamp: ticks(Double(index) * 20, 48), ssrc: 7,
                payload: FakeDecoder.payload(index)), at: instant(time))
    }

    private mutating func play() {
        _ = playout.nextFrame(at: instant(now))
        guard let timestamp = playout.playedTimestamp, let delay = playout.currentDelay else { return }
        let heard = now + Self.device
        sync.heard(rtpTimestamp: timestamp, delay: delay, at: instant(heard))
        playout.minimumDelay = sync.audioDelay
        soundLatency = heard - Double(Int32(bitPattern: timestamp &- ticks(now, 48))) / 48 - now
    }

    private mutating func show(captured: Double, at time: Double) {
        let shownAt = schedule.show(rtpTimestamp: ticks(captured, 90), decodedAt: instant(time), heldBack: sync.videoDelay)
        sync.seen(rtpTimestamp: ticks(captured, 90), at: schedule.due)
        let milliseconds = Double(shownAt.nanoseconds) / 1e6
        shown.append(milliseconds)
        pictureLatencies.append(milliseconds - captured)
        if let soundLatency { lags.append(soundLatency - (milliseconds - captured)) }
    }

    /// The part of the frames shown in the last `seconds` whose sound was neither 45 ms early nor 125 ms late (ITU-R BT.1359).
    func inSync(last seconds: Double) -> Double {
        let part = lags.suffix(Int(seconds * 30))
        return Double(part.count { $0 >= -45 && $0 <= 125 }) / Double(max(1, part.count))
    }
}

@Suite struct PresentationTests {
    /// Milliseconds of delay, and of jitter, for sound and picture.
    static let networks: [(sound: (Double, Double), picture: (Double, Double))] = [
        ((10, 5), (10, 5)), ((50, 30), (50, 30)), ((200, 20), (20, 10)), ((20, 5), (250, 40)), ((300, 60), (30, 30)),
        ((30, 10), (120, 100)),
    ]

    @Test(arguments: networks.indices) func soundAndPictureStayTogether(index: Int) {
        let (sound, picture) = Self.networks[index]
        var presentation = Presentation(
            seed: UInt64(index), sound: { sound.0 + $0.uniform(0...sound.1) }, picture: { picture.0 + $0.uniform(0...picture.1) })
        presentation.run(seconds: 40)
        #expect(presentation.inSync(last: 30) > 0.995, "\(presentation.inSync(last: 30)) \(presentation.lags.suffix(20))")
    }

    @Test func aChangeOfTheNetworkIsFollowed() {
        var presentation = Presentation(sound: { 20 + $0.uniform(0...5) }, picture: { 20 + $0.uniform(0...5) })
        presentation.run(seconds: 20)
        presentation.pictureDelay = { 220 + $0.uniform(0...20) }
        presentation.run(seconds: 20)
        #expect(presentation.inSync(last: 10) == 1)
        presentation.pictureDelay = { 20 + $0.uniform(0...5) }
        presentation.run(seconds: 30)
        #expect(presentation.inSync(last: 10) == 1)
    }

    @Test func framesThatCameUnevenlyAreShownEvenly() {
        // One in eight is repaired and comes 80 ms late, those behind it with it.
        var presentation = Presentation(sound: { _ in 30 }, picture: { $0.uniform(0...1) < 0.125 ? 110 : 30 })
        presentation.run(seconds: 60)
        let intervals = zip(presentation.shown.suffix(900), presentation.shown.suffix(900).dropFirst()).map { $1 - $0 }
        #expect(intervals.count { $0 > 15 && $0 < 55 } > 890, "\(intervals.count { $0 > 15 && $0 < 55 })")
        #expect(presentation.pictureLatencies.suffix(900).max() ?? 999 < 125)
    }

    @Test func whereAllComesAtOnceNothingWaits() {
        var presentation = Presentation(sound: { _ in 10 }, picture: { 10 + $0.uniform(0...2) })
        presentation.run(seconds: 20)
        #expect(presentation.schedule.delay == .zero)
    }

    @Test func theScheduleTakesWhateverComes() {
        var random = RandomSource.seeded(5)
        var schedule = FrameSchedule()
        var now = Instant.zero
        var last = Instant.zero
        for _ in 0..<20_000 {
            now += .microseconds(Int(random.next() % 100_000))
            let timestamp = UInt32(truncatingIfNeeded: random.next() % 4 == 0 ? Int64(random.next() >> 33) : now.nanoseconds * 9 / 100_000)
            let time = schedule.show(rtpTimestamp: timestamp, decodedAt: now, heldBack: .milliseconds(Int(random.next() % 500)))
            #expect(time >= now && time >= last)
            #expect(time - now <= .milliseconds(700))
            last = time
        }
    }
}
