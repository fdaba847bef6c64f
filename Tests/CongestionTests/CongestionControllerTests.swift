import Congestion
import RTP
import Testing
import Wire

@Suite struct CongestionControllerTests {
    /// A sender of packets of 1250 bytes, and a path of 25 ms each way whose far end tells every 50 ms of what has arrived.
    private struct Call {
        var controller = CongestionController()
        var now = Instant(nanoseconds: 64_000_000_000)
        private(set) var collapses = 0
        private var next: UInt16 = 0
        private var told: UInt16 = 0
        private var underway: [(number: UInt16, arrival: Instant)] = []
        private var busyUntil = Instant.zero
        private var lastFeedback = Instant.zero
        private var sentAt = Instant.zero
        private var probe: (probe: Probe, began: Instant, bytes: Int)?

        /// Sends `rate` bits per second for so long over a path that takes `capacity`; `loses`: nothing arrives.
        mutating func run(_ duration: Duration, rate: Double, capacity: Double, loses: Bool = false, tells: Bool = true) {
            let end = now + duration
            while now < end {
                now += .milliseconds(1)
                controller.handle(.wanted(2_000_000), at: now)
                if Double((now - sentAt).nanoseconds) >= 10_000 / rate * 1e9 {
                    sentAt = now
                    send(probe: nil, capacity, loses)
                }
                while let running = probe,
                    Double((now - running.began).nanoseconds) >= Double(running.bytes) * 8e9 / Double(running.probe.rate)
                {
                    send(probe: running.probe.id, capacity, loses)
                    let bytes = running.bytes + 1250
                    let isWhole = bytes >= max(running.probe.minimumBytes, running.probe.minimumPackets * 1250)
                    probe = isWhole ? nil : (running.probe, running.began, bytes)
                }
                if tells, now - lastFeedback >= .milliseconds(50) { tell() }
                while let output = controller.nextOutput() {
                    switch output {
                    case .target: break
                    case .probe(let new): probe = (new, now, 0)
                    case .collapsed: collapses += 1
                    }
                }
            }
        }

        /// Whoever carries the packets stands still for so long.
        mutating func stall(_ duration: Duration) { busyUntil = now + duration }

        private mutating func send(probe: Int?, _ capacity: Double, _ loses: Bool) {
            controller.handle(.sent(transportSequenceNumber: next, size: 1250, probe: probe), at: now)
            busyUntil = max(busyUntil, now) + .nanoseconds(Int64(10_000 / capacity * 1e9))
            if !loses { underway.append((next, busyUntil + .milliseconds(25))) }
            next &+= 1
        }

        private mutating func tell() {
            lastFeedback = now
            // What the feedback takes on its way back is what it does not know of yet.
            let arrived = underway.filter { $0.arrival <= now - .milliseconds(25) }
            underway.removeAll { $0.arrival <= now - .milliseconds(25) }
            guard let first = arrived.first, let last = arrived.last else { return }
            // What has not come since the last feedback is told of as lost.
            let base = told
            told = last.number &+ 1
            let unit = TransportFeedback.deltaUnit.nanoseconds
            let reference = first.arrival.nanoseconds / TransportFeedback.referenceTimeUnit.nanoseconds
            var clock = reference * TransportFeedback.referenceTimeUnit.nanoseconds / unit
            let arrivals = Dictionary(uniqueKeysWithValues: arrived.map { ($0.number, $0.arrival.nanoseconds / unit) })
            let deltas = (0...Int(last.number &- base)).map { offset -> Int32? in
                guard let ticks = arrivals[base &+ UInt16(offset)] else { return nil }
                defer { clock = ticks }
                return Int32(ticks - clock)
            }
            let feedback = TransportFeedback(
                senderSSRC: 1, mediaSSRC: 2, baseSequenceNumber: base, referenceTime: UInt32(truncatingIfNeeded: reference),
                feedbackPacketCount: 0, deltas: deltas)
            controller.handle(.feedback(feedback), at: now)
        }
    }

    @Test func `feedback that does not come when it always did holds pictures up, within a tenth of a second and until it comes`() {
        var call = Call()
        call.run(.seconds(4), rate: 1_500_000, capacity: 2_000_000)
        #expect(!call.controller.isHeldUp(at: call.now))
        call.run(.milliseconds(100), rate: 1_500_000, capacity: 2_000_000, tells: false)
        #expect(call.controller.isHeldUp(at: call.now))
        call.run(.milliseconds(200), rate: 100_000, capacity: 2_000_000)
        #expect(!call.controller.isHeldUp(at: call.now))
    }

    @Test func `a path that becomes narrow all of a sudden is known by the first feedback that comes late, and has collapsed`() {
        var call = Call()
        call.run(.seconds(4), rate: 1_500_000, capacity: 2_000_000)
        let before = call.controller.target
        #expect(before > 1_000_000)
        #expect(call.collapses == 0)
        call.run(.milliseconds(100), rate: 1_500_000, capacity: 300_000, tells: false)
        call.run(.milliseconds(250), rate: 30_000, capacity: 300_000)
        #expect(call.collapses == 1)
        #expect(call.controller.target < 300_000 && call.controller.target > 200_000, "\(call.controller.target)")
    }

    @Test func `a path that became narrow is known however little is sent while its queue empties`() {
        var call = Call()
        call.run(.seconds(8), rate: 1_500_000, capacity: 4_000_000)
        #expect(call.controller.target > 1_800_000, "\(call.controller.target)")
        // The first feedback that comes is of the end of the queue.
        call.run(.milliseconds(200), rate: 1_500_000, capacity: 300_000, tells: false)
        call.run(.milliseconds(500), rate: 60_000, capacity: 300_000, tells: false)
        call.run(.milliseconds(250), rate: 60_000, capacity: 300_000)
        #expect(call.controller.target < 300_000 && call.controller.target > 200_000, "\(call.controller.target)")
    }

    @Test func `a path that was narrow for a moment is used again within one and a half seconds`() {
        var call = Call()
        call.run(.seconds(8), rate: 1_500_000, capacity: 2_000_000)
        call.run(.milliseconds(100), rate: 1_500_000, capacity: 300_000, tells: false)
        call.run(.milliseconds(250), rate: 30_000, capacity: 300_000)
        #expect(call.controller.target < 300_000, "\(call.controller.target)")
        call.run(.milliseconds(1500), rate: 250_000, capacity: 2_000_000)
        #expect(call.controller.target > 1_000_000, "\(call.controller.target)")
    }

    @Test func `a start on a machine that stands still for a moment is made up for within three seconds`() {
        var call = Call()
        call.stall(.milliseconds(300))
        call.run(.milliseconds(1500), rate: 300_000, capacity: 5_000_000)
        #expect(call.controller.target < 500_000, "\(call.controller.target)")
        call.run(.milliseconds(1500), rate: 300_000, capacity: 5_000_000)
        #expect(call.controller.target > 1_000_000, "\(call.controller.target)")
    }

    @Test func `after a silence in which nothing was sent the rate is what it was`() {
        var call = Call()
        call.run(.seconds(4), rate: 1_500_000, capacity: 2_000_000)
        call.run(.seconds(5), rate: 1, capacity: 2_000_000)
        let before = call.controller.target
        call.run(.milliseconds(100), rate: 40_000, capacity: 2_000_000)
        #expect(call.controller.target >= before, "\(call.controller.target) after \(before)")
    }

    @Test func `what became of packets on the path that is left says nothing of the new one`() {
        var call = Call()
        call.run(.seconds(4), rate: 400_000, capacity: 2_000_000)
        let before = call.controller.target
        // For a second nothing arrives; then another path is there, and the feedback on it tells of all that was lost.
        call.run(.seconds(1), rate: 400_000, capacity: 2_000_000, loses: true)
        call.controller.handle(.pathChanged, at: call.now)
        call.run(.seconds(2), rate: 400_000, capacity: 2_000_000)
        #expect(call.controller.loss < 0.01, "\(call.controller.loss)")
        #expect(call.controller.target >= min(before, CongestionController.startBitrate), "\(call.controller.target)")
    }
}
