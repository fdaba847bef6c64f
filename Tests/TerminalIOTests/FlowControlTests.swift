import TerminalIO
import Testing

@Suite struct FlowControlTests {
    /// Bits and milliseconds, as the lines people have.
    static let lines: [(kilobits: Double, roundTrip: Int)] = [
        (64, 0), (64, 300), (256, 0), (256, 200), (1000, 100), (10_000, 20), (10_000, 300), (1_000_000, 0),
    ]

    @Test(arguments: lines)
    func aLineIsFilledAndNothingWaitsLong(kilobits: Double, roundTrip: Int) {
        var line = SlowLine(rate: kilobits * 125, roundTrip: .milliseconds(roundTrip))
        line.probe()
        line.draw(until: .seconds(20), size: 1_000_000)
        // A question stands behind each piece; what it takes on the line counts too, and so do 256 bytes, the smallest window.
        #expect(line.wait95(after: .seconds(5)) < .milliseconds(90), "\(line.wait95(after: .seconds(5)))")
        let used = line.rate(from: .seconds(8), to: .seconds(20)) / line.rate
        // Beyond this rate the window is at its limit.
        if kilobits < 100_000 { #expect(used > 0.85, "\(used)") }
    }

    @Test func aFasterLineIsFoundOut() {
        var line = SlowLine(rate: 8000, roundTrip: .milliseconds(50))
        line.probe()
        line.draw(until: .seconds(10), size: 40_000)
        line.rate = 1_250_000
        line.draw(until: .seconds(15), size: 40_000)
        #expect(line.rate(from: .seconds(13), to: .seconds(15)) > 1_000_000)
    }

    @Test func aSlowerLineIsFoundOut() {
        var line = SlowLine(rate: 1_250_000, roundTrip: .milliseconds(50))
        line.probe()
        line.draw(until: .seconds(10), size: 40_000)
        line.rate = 32_000
        line.draw(until: .seconds(20), size: 40_000)
        #expect(line.wait95(after: .seconds(14)) < .milliseconds(150))
        #expect(line.rate(from: .seconds(15), to: .seconds(20)) > 25_000)
    }

    @Test(arguments: [(256.0, 200), (1000, 100), (10_000, 20)])
    func `A busy moment is no slower line`(kilobits: Double, roundTrip: Int) {
        var line = SlowLine(rate: kilobits * 125, roundTrip: .milliseconds(roundTrip))
        line.stalls = (.seconds(1), .milliseconds(150))
        line.probe()
        line.draw(until: .seconds(30), size: 1_000_000)
        let used = line.rate(from: .seconds(8), to: .seconds(30)) / line.rate
        #expect(used > 0.6, "\(used)")
        #expect(line.wait95(after: .seconds(5)) < .milliseconds(120), "\(line.wait95(after: .seconds(5)))")
    }

    @Test func `An answer that lay unread is not late`() {
        var windows: [Int] = []
        for isUnread in [false, true] {
            var flow = FlowControl()
            var now = ContinuousClock.now
            flow.asked(at: now)
            flow.answered(at: now)
            for _ in 0..<20 {
                flow.sent(flow.allowance(at: now), isQuestion: true, at: now)
                now += .milliseconds(1)
                flow.confirmed(at: now)
            }
            flow.sent(flow.allowance(at: now), isQuestion: true, at: now)
            // Half a second later someone looks.
            let lookedAt = now
            now += .milliseconds(500)
            flow.confirmed(at: now, lookedAt: isUnread ? lookedAt : nil)
            windows.append(flow.window)
        }
        #expect(windows[1] > 4 * windows[0], "\(windows)")
    }

    @Test func aLongerWayIsNoSlowerLine() {
        var line = SlowLine(rate: 125_000, roundTrip: .milliseconds(20))
        line.probe()
        line.draw(until: .seconds(5), size: 40_000)
        line.roundTrip = .milliseconds(200)
        line.draw(until: .seconds(25), size: 40_000)
        #expect(line.rate(from: .seconds(15), to: .seconds(25)) > 80_000)
    }

    @Test func aStoppedTerminalGetsQuestionsOnly() {
        var line = SlowLine(rate: 1_250_000, roundTrip: .milliseconds(20))
        line.probe()
        line.stop = (.seconds(5), .seconds(15))
        line.draw(until: .seconds(14), size: 20_000)
        #expect(line.flow.isStopped)
        // What was on its way when it stopped, and not a piece more once that was noticed.
        #expect(!line.pieces.contains { $0.at > .seconds(5) + FlowControl.patience + .milliseconds(100) })
        #expect((1...5).contains(line.questions))
        line.draw(until: .seconds(20), size: 20_000)
        #expect(!line.flow.isStopped)
        let first = line.pieces.first { $0.at > .seconds(14) }
        #expect(first.map { $0.at < .seconds(15.5) } ?? false, "\(String(describing: first))")
        #expect(line.rate(from: .seconds(17), to: .seconds(20)) > 400_000)
    }

    @Test func aLostAnswerHoldsNothingUpForLong() {
        var flow = FlowControl()
        let start = ContinuousClock.now
        flow.asked(at: start)
        flow.answered(at: start)
        flow.sent(10, isQuestion: true, at: start)
        flow.confirmed(at: start)
        for _ in 0..<3 { flow.sent(10, isQuestion: true, at: start) }
        // One of three is lost.
        flow.confirmed(at: start)
        flow.confirmed(at: start)
        var now = start + FlowControl.patience
        flow.handleTimeout(at: now)
        #expect(flow.isStopped)
        let isAsking = flow.takeQuestion(at: now)
        #expect(isAsking)
        flow.sent(4, isQuestion: true, at: now)
        flow.confirmed(at: now)
        now += FlowControl.quietAfterStop + .milliseconds(20)
        flow.handleTimeout(at: now)
        #expect(!flow.isStopped)
        #expect(!flow.isExpectingAnswer)
        let allowance = flow.allowance(at: now)
        #expect(allowance > 0)
    }

    @Test func picturesWaitForTheFirstAnswerButNotLong() {
        var flow = FlowControl()
        let start = ContinuousClock.now
        flow.asked(at: start)
        let early = flow.allowance(at: start + .milliseconds(299))
        #expect(early == 0)
        #expect(flow.deadline(after: start) == start + FlowControl.firstPatience)
        // Nobody knows yet what the line takes: little is sent, however readily the system takes it.
        var bytes = 0
        var now = start + .milliseconds(300)
        while now < start + .milliseconds(2300) {
            let piece = flow.allowance(at: now)
            if piece > 0 {
                flow.sent(piece, isQuestion: flow.wantsQuestion, at: now)
                flow.flushed(queued: 0, at: now)
                bytes += piece
            }
            now += .milliseconds(1)
        }
        #expect((FlowControl.rateBeforeAnswer...(FlowControl.rateBeforeAnswer * 3)).contains(bytes))
        flow.answered(at: now)
        #expect(flow.answers)
        #expect(flow.roundTrip == now - start)
        #expect(flow.window == FlowControl.firstWindow)
    }

    @Test func aLateFirstAnswerIsGoneByFromThenOn() {
        var flow = FlowControl()
        let start = ContinuousClock.now
        flow.asked(at: start)
        var now = start + FlowControl.longestProbe
        flow.handleTimeout(at: now)
        for _ in 0..<20 {
            flow.sent(flow.allowance(at: now), isQuestion: false, at: now)
            now += .milliseconds(1)
            flow.flushed(queued: 0, at: now)
        }
        #expect(flow.window > FlowControl.firstWindow)
        flow.answered(at: now)
        #expect(flow.wantsQuestion)
        #expect(flow.window == FlowControl.firstWindow)
    }

    @Test func aTerminalThatNeverAnswersIsGoneByWhatTheSystemTakes() {
        var flow = FlowControl()
        var now = ContinuousClock.now
        flow.asked(at: now)
        now += FlowControl.longestProbe
        flow.handleTimeout(at: now)
        #expect(!flow.wantsQuestion)
        for _ in 0..<20 {
            let piece = flow.allowance(at: now)
            #expect(piece > 0)
            flow.sent(piece, isQuestion: false, at: now)
            #expect(flow.deadline(after: now) != nil)
            now += .milliseconds(1)
            flow.flushed(queued: 0, at: now)
        }
        #expect(flow.window > 20_000)
        // The system's queue empties slowly: a serial line.
        flow.sent(2000, isQuestion: false, at: now)
        flow.flushed(queued: 1500, at: now)
        #expect(flow.flight == 2000)
        now += .seconds(1)
        flow.flushed(queued: 0, at: now)
        #expect(flow.flight == 0)
        #expect(flow.window < 400)
    }

    @Test func oneThatAnswersDA1AndNoStatusReportIsNotWaitedForForEver() {
        var line = SlowLine(rate: 1_250_000, roundTrip: .milliseconds(20))
        line.answersStatus = false
        line.probe()
        line.draw(until: .seconds(10), size: 20_000)
        #expect(!line.flow.isStopped)
        #expect(line.rate(from: .seconds(5), to: .seconds(10)) > 100_000)
    }

    @Test(arguments: [8000, 100_000])
    func aBudgetIsKept(rate: Int) {
        var line = SlowLine(rate: 10_000_000, roundTrip: .milliseconds(1))
        line.probe()
        line.flow.limit(rate: rate)
        line.draw(until: .seconds(10), size: 1_000_000)
        let used = line.rate(from: .seconds(1), to: .seconds(10)) / Double(rate)
        #expect((0.9...1.05).contains(used), "\(used)")
    }
}
