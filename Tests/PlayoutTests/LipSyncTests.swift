import Playout
import Testing
import Wire

@Suite struct LipSyncTests {
    /// Presents sound and picture with these latencies in milliseconds for so many seconds; returns the lag at the end.
    private func run(
        _ sync: inout LipSync, audio: Double, video: Double, jitter: Double = 0, seconds: Double, from start: Double = 0
    ) -> Double? {
        var random = RandomSource.seeded(4)
        // The sender's clock is years away from ours.
        let origin: Int64 = 1_700_000_000_000_000_000
        for step in 0..<Int(seconds * 100) {
            let sent = start + Double(step) * 10
            if step % 500 == 0 {
                sync.senderReport(
                    .audio, ntp: NTPTime(unixNanoseconds: origin + Int64(sent * 1e6)), rtpTimestamp: ticks(sent, 48, 4_294_000_000))
                sync.senderReport(.video, ntp: NTPTime(unixNanoseconds: origin + Int64(sent * 1e6)), rtpTimestamp: ticks(sent, 90, 17))
            }
            let heard = sent + audio + sync.audioDelay.milliseconds + random.uniform(0...max(0.001, jitter))
            sync.heard(
                rtpTimestamp: ticks(sent, 48, 4_294_000_000), delay: sync.audioDelay, at: Instant(nanoseconds: Int64(heard * 1e6)))
            if step % 3 == 0 {
                let seen = sent + video + sync.videoDelay.milliseconds + random.uniform(0...max(0.001, jitter))
                sync.seen(rtpTimestamp: ticks(sent, 90, 17), at: Instant(nanoseconds: Int64(seen * 1e6)))
            }
        }
        return sync.audioLag?.milliseconds
    }

    private func ticks(_ milliseconds: Double, _ perMillisecond: Double, _ offset: UInt32) -> UInt32 {
        offset &+ UInt32(truncatingIfNeeded: Int64(milliseconds * perMillisecond))
    }

    @Test(arguments: [(50.0, 50.0), (90, 50), (40, 47)])
    func whatIsTogetherIsLeftAlone(audio: Double, video: Double) throws {
        var sync = LipSync()
        let lag = try #require(run(&sync, audio: audio, video: video, seconds: 20))
        #expect(abs(lag - (audio - video)) < 2)
        #expect(sync.videoDelay == .zero && sync.audioDelay == .zero)
    }

    @Test(arguments: [(300.0, 50.0), (50, 400), (150, 20), (20, 100), (450, 10)])
    func whatIsAheadIsHeldBack(audio: Double, video: Double) throws {
        var sync = LipSync()
        let lag = try #require(run(&sync, audio: audio, video: video, jitter: 10, seconds: 30))
        // Within what nobody notices, with a margin.
        #expect(lag > -35 && lag < 80, "\(lag)")
        #expect((sync.videoDelay > .zero) == (audio > video))
        #expect((sync.audioDelay > .zero) == (audio < video))
    }

    @Test func noDelayExceedsTheLimit() {
        var sync = LipSync()
        _ = run(&sync, audio: 3000, video: 20, seconds: 60)
        #expect(sync.videoDelay >= .milliseconds(480) && sync.videoDelay <= LipSync.maximumDelay)
        #expect(sync.audioDelay == .zero)
    }

    @Test func delaysGoAwayWithTheirReason() throws {
        var sync = LipSync()
        _ = run(&sync, audio: 300, video: 50, seconds: 20)
        #expect(sync.videoDelay > .milliseconds(150))
        let lag = try #require(run(&sync, audio: 60, video: 50, seconds: 20, from: 20_000))
        #expect(sync.videoDelay == .zero)
        #expect(abs(lag - 10) < 3)
    }

    @Test func withoutAPictureSoundIsNotHeldBackForIt() {
        var sync = LipSync()
        _ = run(&sync, audio: 50, video: 400, seconds: 20)
        #expect(sync.audioDelay > .milliseconds(300))
        for step in 0..<1000 {
            let sent = 20_000 + Double(step) * 10
            sync.heard(
                rtpTimestamp: ticks(sent, 48, 4_294_000_000), delay: sync.audioDelay,
                at: Instant(nanoseconds: Int64((sent + 50 + sync.audioDelay.milliseconds) * 1e6)))
        }
        #expect(sync.audioDelay == .zero)
    }

    @Test func delaysMoveSlowly() {
        var sync = LipSync()
        var last = Duration.zero
        for second in 0..<10 {
            _ = run(&sync, audio: 400, video: 50, seconds: 1, from: Double(second) * 1000)
            #expect(sync.videoDelay - last <= .milliseconds(120))
            last = sync.videoDelay
        }
        #expect(last > .milliseconds(200))
    }

    @Test func withoutReportsNothingIsKnown() {
        var sync = LipSync()
        for step in 0..<100 {
            sync.heard(rtpTimestamp: UInt32(step * 480), delay: .zero, at: Instant(nanoseconds: Int64(step) * 10_000_000))
            sync.seen(rtpTimestamp: UInt32(step * 900), at: Instant(nanoseconds: Int64(step) * 10_000_000))
        }
        #expect(sync.audioLag == nil)
        sync.senderReport(.audio, ntp: NTPTime(rawValue: .max), rtpTimestamp: 5)
        sync.senderReport(.video, ntp: NTPTime(rawValue: 0), rtpTimestamp: .max)
        sync.heard(rtpTimestamp: 0, delay: .zero, at: .zero)
        sync.seen(rtpTimestamp: 0x8000_0000, at: Instant(nanoseconds: .max))
        #expect(sync.videoDelay >= .zero && sync.videoDelay <= LipSync.maximumDelay)
    }
}

@Suite struct FreezeDetectorTests {
    private func detector(intervals: [Double]) -> FreezeDetector {
        var detector = FreezeDetector()
        var now = 0.0
        detector.rendered(at: .zero)
        for interval in intervals {
            now += interval
            detector.rendered(at: Instant(nanoseconds: Int64(now * 1e6)))
        }
        return detector
    }

    @Test func evenFramesAreNoFreeze() {
        #expect(detector(intervals: [Double](repeating: 33, count: 500)).freezeCount == 0)
    }

    @Test func aLongGapIsOneFreezeAsLongAsTheGap() {
        let detector = detector(intervals: [Double](repeating: 33, count: 50) + [500] + [Double](repeating: 33, count: 50))
        #expect(detector.freezeCount == 1)
        #expect(detector.totalFreezesDuration == .milliseconds(500))
    }

    @Test func theBoundIsTheGreaterOfTwo() {
        let steady = [Double](repeating: 30, count: 40)
        #expect(detector(intervals: steady + [179]).freezeCount == 0)
        #expect(detector(intervals: steady + [181]).freezeCount == 1)
        let slow = [Double](repeating: 100, count: 40)
        #expect(detector(intervals: slow + [299]).freezeCount == 0)
        #expect(detector(intervals: slow + [301]).freezeCount == 1)
    }

    @Test func aPauseIsNoFreeze() {
        var detector = detector(intervals: [Double](repeating: 33, count: 50))
        detector.paused()
        detector.rendered(at: Instant(nanoseconds: 60_000_000_000))
        #expect(detector.freezeCount == 0)
    }
}
