import TerminalIO
import Testing

@Suite struct TerminalOutputTests {
    let start = ContinuousClock.now

    /// A terminal's end that takes `rate` bytes a second and confirms what it has taken.
    struct SlowTerminal {
        var rate: Double
        var roundTrip: Duration = .zero
        var queued: [(bytes: Int, at: ContinuousClock.Instant)] = []
        var busyUntil: ContinuousClock.Instant

        /// When a frame of `bytes`, sent at `now`, is confirmed.
        mutating func send(_ bytes: Int, at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
            busyUntil = max(busyUntil, now) + .seconds(Double(bytes) / rate)
            return busyUntil + roundTrip
        }
    }

    /// Sends frames as large as allowed for a while; returns how long each took to be confirmed.
    func run(_ output: inout TerminalOutput, _ terminal: inout SlowTerminal, frames: Int) -> [Duration] {
        var now = start
        var confirmations: [ContinuousClock.Instant] = []
        var sent: [ContinuousClock.Instant] = []
        var delays: [Duration] = []
        for _ in 0..<frames {
            while !output.isIdle, let next = confirmations.first {
                now = max(now, next)
                confirmations.removeFirst()
                delays.append(now - sent.removeFirst())
                output.confirm(at: now)
            }
            let size = output.frameLimit
            output.append([UInt8](repeating: 0, count: size), confirmed: true, at: now)
            output.flush(at: now) { $0.count }
            sent.append(now)
            confirmations.append(terminal.send(size, at: now))
        }
        return delays
    }

    @Test func aSlowLineGetsSmallFrames() {
        var output = TerminalOutput()
        var terminal = SlowTerminal(rate: 32_000, busyUntil: start)
        let delays = run(&output, &terminal, frames: 60)
        // 256 kbit/s: two frames of what the line takes in 50 ms.
        #expect(delays.suffix(20).allSatisfy { $0 < .milliseconds(150) })
        #expect(output.frameLimit < 4000)
    }

    @Test func aFastLineGetsWholeFrames() {
        var output = TerminalOutput()
        var terminal = SlowTerminal(rate: 50_000_000, busyUntil: start)
        _ = run(&output, &terminal, frames: 20)
        #expect(output.frameLimit >= 400_000)
    }

    @Test func aLongWayIsNoSlowLine() {
        var output = TerminalOutput()
        output.setRoundTrip(.milliseconds(200))
        var terminal = SlowTerminal(rate: 50_000_000, roundTrip: .milliseconds(200), busyUntil: start)
        _ = run(&output, &terminal, frames: 20)
        #expect(output.frameLimit >= 400_000)
    }

    @Test func nothingIsPaintedWhileTwoFramesAreOnTheirWay() {
        var output = TerminalOutput()
        for _ in 0..<2 {
            #expect(output.isIdle)
            output.append([1], confirmed: true, at: start)
            output.flush(at: start) { $0.count }
        }
        #expect(!output.isIdle)
        output.confirm(at: start + .milliseconds(5))
        #expect(output.isIdle)
    }

    @Test func aLostReplyHoldsNothingUpForLong() {
        var output = TerminalOutput()
        for _ in 0..<2 {
            output.append([1], confirmed: true, at: start)
            output.flush(at: start) { $0.count }
        }
        #expect(output.deadline == start + TerminalOutput.confirmationTimeout)
        output.handleTimeout(at: start + TerminalOutput.confirmationTimeout)
        #expect(output.isIdle)
    }

    @Test func whatTheSystemDoesNotTakeWaitsInOrder() {
        var output = TerminalOutput()
        var taken: [UInt8] = []
        output.append([1, 2, 3, 4, 5], confirmed: false, at: start)
        output.flush(at: start) { bytes in
            guard taken.count < 3 else { return nil }
            taken.append(bytes[0])
            return 1
        }
        #expect(taken == [1, 2, 3])
        #expect(!output.isIdle)
        output.append([6], confirmed: false, at: start)
        output.flush(at: start) { bytes in
            taken += Array(bytes)
            return bytes.count
        }
        #expect(taken == [1, 2, 3, 4, 5, 6])
        #expect(output.isIdle)
    }
}
