import Congestion
import Testing
import Wire

@Suite struct PacerTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func add(_ packet: String, size: Int = 1200, _ kind: Pacer<String>.Kind, to pacer: inout Pacer<String>) {
        let isTaken = pacer.add(packet, size: size, kind: kind)
        #expect(isTaken)
    }

    /// What leaves, in order, until nothing waits or `limit` is reached; each with its time.
    private func drain(_ pacer: inout Pacer<String>, from now: Instant, limit: Duration = .seconds(10)) -> [(packet: String, at: Instant)] {
        var left: [(packet: String, at: Instant)] = []
        var now = now
        let end = now + limit
        while now <= end {
            while let action = pacer.next(at: now) {
                switch action {
                case .send(let packet, _): left.append((packet, now))
                case .padding(let isSmall, _): left.append((isSmall ? "small" : "padding", now))
                }
            }
            guard let deadline = pacer.deadline else { break }
            #expect(deadline > now, "a drained pacer waits for the past")
            now = max(deadline, now + .nanoseconds(1))
        }
        return left
    }

    @Test func `sound leaves at once, however much of the picture waits`() {
        var pacer = Pacer<String>()
        pacer.setTarget(100_000)
        for index in 0..<50 { add("video \(index)", .video, to: &pacer) }
        let first = drain(&pacer, from: start, limit: .milliseconds(10)).map(\.packet)
        #expect(first == ["video 0"])
        add("audio", size: 120, .audio, to: &pacer)
        let second = drain(&pacer, from: start + .milliseconds(11), limit: .zero).map(\.packet)
        #expect(second == ["audio"])
    }

    @Test func `what was asked for again leaves before what is new`() {
        var pacer = Pacer<String>()
        for index in 0..<3 { add("video \(index)", .video, to: &pacer) }
        add("again", .retransmission, to: &pacer)
        let left = drain(&pacer, from: start).map(\.packet)
        #expect(left == ["again", "video 0", "video 1", "video 2"])
    }

    @Test func `a picture of many packets is spread over the time that its rate needs`() throws {
        var pacer = Pacer<String>()
        pacer.setTarget(500_000)
        for index in 0..<20 { add("\(index)", size: 1250, .video, to: &pacer) }
        let wait = pacer.queueingDelay
        let times = drain(&pacer, from: start).map(\.at)
        let length = try #require(times.last) - start
        // 19 packets of 10,000 bits before the last, at twice the target.
        #expect(abs(length.milliseconds - 190) < 12, "\(length)")
        #expect(abs(wait.milliseconds - 200) < 5, "\(wait)")
    }

    @Test func `a probe leaves at its own rate, filled up where pictures do not suffice`() throws {
        var controller = CongestionController()
        controller.handle(.wanted(5_000_000), at: start)
        controller.handle(.sent(transportSequenceNumber: 0, size: 1200, probe: nil), at: start)
        var probes: [Probe] = []
        while let output = controller.nextOutput() { if case .probe(let probe) = output { probes.append(probe) } }
        #expect(probes.map(\.rate) == [900_000, 1_800_000])
        try #require(probes.count == 2)
        var pacer = Pacer<String>()
        pacer.start(probes[1])
        add("video", .video, to: &pacer)
        let left = drain(&pacer, from: start)
        #expect(left.map(\.packet) == ["video", "padding", "padding", "padding", "padding"])
        let length = try #require(left.last).at - start
        #expect(abs(length.milliseconds - 4 * 1200 * 8 / 1800) < 1, "\(length)")
    }

    @Test func `while the path holds packets up, next to nothing but sound leaves`() {
        var pacer = Pacer<String>()
        pacer.setTarget(1_000_000)
        pacer.isHeldUp = true
        for index in 0..<50 { add("\(index)", size: 1250, .video, to: &pacer) }
        add("audio", size: 120, .audio, to: &pacer)
        let left = drain(&pacer, from: start, limit: .milliseconds(500))
        #expect(left.first?.packet == "audio")
        #expect(left.count <= 8, "\(left.count)")
    }

    @Test func `what waits is bounded, and sound has room of its own`() {
        var pacer = Pacer<String>()
        let taken = (0..<5000).count { _ in pacer.add("video", size: 1200, kind: .video) }
        #expect(taken == 2000)
        add("audio", size: 120, .audio, to: &pacer)
        pacer.discardPictures()
        let left = drain(&pacer, from: start).map(\.packet)
        #expect(left == ["audio"])
        #expect(pacer.queueingDelay < .milliseconds(5))
    }
}
