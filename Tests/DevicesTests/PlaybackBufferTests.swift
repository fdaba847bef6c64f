import Devices
import Testing

/// How much a speaker holds, in virtual time.
@Suite struct PlaybackBufferTests {
    /// A speaker of 48 kHz that asks for 10 ms whenever it has room for them, and what becomes of it.
    private struct Speaker {
        var buffer = PlaybackBuffer()
        var now: Int64 = 0
        /// In nanoseconds of sound.
        var fill: Int64 = 0
        var underruns = 0

        var milliseconds: Int { buffer.target / 96 }

        init() {
            begin()
        }

        /// Another device, with nothing in it.
        mutating func begin() {
            buffer.begin(at: now)
            fill = 0
            write()
        }

        /// Time passes; whoever fills the speaker is that late with it.
        mutating func pass(milliseconds: Int) {
            now += Int64(milliseconds) * 1_000_000
            fill -= Int64(milliseconds) * 1_000_000
            if fill < 0 {
                fill = 0
                underruns += 1
                _ = buffer.ranDry(at: now)
            }
            write()
        }

        /// The server tells of each 10 ms on its own.
        private mutating func write() {
            while fill + 10_000_000 <= Int64(milliseconds) * 1_000_000 {
                fill += 10_000_000
                _ = buffer.willWrite(PlaybackBuffer.block, at: now)
            }
        }

        mutating func run(seconds: Int) {
            for _ in 0..<(seconds * 100) { pass(milliseconds: 10) }
        }
    }

    @Test func `a machine in time needs 30 ms`() {
        var speaker = Speaker()
        speaker.run(seconds: 600)
        #expect(speaker.milliseconds == 30 && speaker.underruns == 0)
        // Nor does it matter that requests come unevenly.
        for step in 0..<10_000 { speaker.pass(milliseconds: step.isMultiple(of: 3) ? 8 : 11) }
        #expect(speaker.milliseconds == 30 && speaker.underruns == 0)
    }

    @Test func `who is nearly too late gets more before anything is heard of it`() {
        var speaker = Speaker()
        speaker.run(seconds: 5)
        speaker.pass(milliseconds: 25)
        #expect(speaker.milliseconds == 40 && speaker.underruns == 0)
        speaker.run(seconds: 5)
        speaker.pass(milliseconds: 35)
        #expect(speaker.milliseconds == 50 && speaker.underruns == 0)
    }

    @Test func `who ran dry gets more, up to 100 ms`() {
        var speaker = Speaker()
        for count in 1...20 {
            speaker.run(seconds: 1)
            speaker.pass(milliseconds: 500)
            #expect(speaker.milliseconds == min(30 + 10 * count, 100) && speaker.underruns == count)
        }
    }

    @Test func `after 20 s without trouble it holds less again, down to 30 ms`() {
        var speaker = Speaker()
        for _ in 0..<3 {
            speaker.run(seconds: 1)
            speaker.pass(milliseconds: 500)
        }
        #expect(speaker.milliseconds == 60)
        speaker.run(seconds: 19)
        #expect(speaker.milliseconds == 60)
        speaker.run(seconds: 2)
        #expect(speaker.milliseconds == 50)
        speaker.run(seconds: 100)
        #expect(speaker.milliseconds == 30 && speaker.underruns == 3)
    }

    @Test func `a machine that is late now and then runs dry ever more seldom`() {
        var speaker = Speaker()
        var counts: [Int] = []
        for _ in 0..<6 {
            let before = speaker.underruns
            // Every five seconds 45 ms.
            for _ in 0..<120 {
                speaker.run(seconds: 5)
                speaker.pass(milliseconds: 45)
            }
            counts.append(speaker.underruns - before)
        }
        #expect(counts[0] < 5 && counts.dropFirst().allSatisfy { $0 < 2 }, "\(counts)")
        #expect(50...60 ~= speaker.milliseconds)
    }

    @Test func `a device that is replaced is not taken for late`() {
        var speaker = Speaker()
        speaker.run(seconds: 5)
        speaker.now += 3_000_000_000
        speaker.begin()
        speaker.run(seconds: 5)
        #expect(speaker.milliseconds == 30)
    }
}
