import TerminalIO
import Testing

@Suite struct TmuxPaceTests {
    /// A tmux whose client takes so many bytes a second, and throws away what it is sent beyond.
    struct Tmux {
        var takes: Int
        var pace = TmuxPace()
        var now = ContinuousClock.now
        var sent = 0
        var discarded = 0
        var cuts = 0

        /// - Parameter wanted: bytes that pictures would take in a second.
        mutating func run(seconds: Int, wanted: Int = 300_000) {
            for _ in 0..<seconds {
                now += .seconds(1)
                let bytes = min(wanted, pace.rate ?? .max)
                sent += bytes
                discarded += max(0, bytes - takes)
                let before = pace.rate ?? .max
                if pace.report(discarded: discarded, sent: sent, at: now), pace.rate ?? .max < before { cuts += 1 }
            }
        }
    }

    @Test func `What tmux passes on is not limited`() {
        var tmux = Tmux(takes: 400_000)
        tmux.run(seconds: 60)
        #expect(tmux.pace.rate == nil)
    }

    @Test(arguments: [8000, 32_000, 125_000]) func `A slow line behind tmux is found out, and seldom overrun then`(takes: Int) {
        var tmux = Tmux(takes: takes)
        tmux.run(seconds: 10)
        #expect((takes / 3...takes * 5 / 4).contains(tmux.pace.rate ?? 0), "\(tmux.pace.rate ?? 0)")
        tmux.run(seconds: 300)
        let before = tmux.cuts
        tmux.run(seconds: 600)
        #expect(tmux.cuts - before <= 12, "\(tmux.cuts - before)")
        #expect((takes / 2...takes * 5 / 4).contains(tmux.pace.rate ?? 0), "\(tmux.pace.rate ?? 0)")
    }

    @Test func `A faster line is used, at the end without a limit`() {
        var tmux = Tmux(takes: 32_000)
        tmux.run(seconds: 30)
        tmux.takes = 10_000_000
        tmux.run(seconds: 600)
        #expect(tmux.pace.rate == nil)
    }

    @Test func `Another client, which counts from 0, changes nothing`() {
        var pace = TmuxPace()
        let now = ContinuousClock.now
        for (second, discarded) in [5000, 0, 0].enumerated() {
            let isChanged = pace.report(discarded: discarded, sent: second * 100_000, at: now + .seconds(second))
            #expect(!isChanged)
        }
        let isChanged = pace.report(discarded: 10, sent: 300_000, at: now + .seconds(3))
        #expect(isChanged)
        #expect(pace.rate == 60_000)
    }
}
