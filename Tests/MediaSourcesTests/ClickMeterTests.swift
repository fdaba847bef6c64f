import MediaSources
import Testing

@Suite struct ClickMeterTests {
    @Test(arguments: [Int64(0), 12, 87, 430]) func theDelayOfTheTestToneIsRead(milliseconds: Int64) throws {
        let tone = TestTone()
        var meter = ClickMeter()
        let start: Int64 = 1_700_000_000_400_000_000
        #expect(meter.endToEndMilliseconds(at: start) == nil)
        for block in 0..<200 {
            let time = start + Int64(block) * 10_000_000
            let sound = tone.samples(from: TestTone.sample(atUnixNanoseconds: time), count: 480)
            meter.receive(sound, heardAtUnixNanoseconds: time + milliseconds * 1_000_000)
        }
        let read = try #require(meter.endToEndMilliseconds(at: start + 2_000_000_000))
        // The sine's first loud sample is a few after its start.
        #expect(abs(read - Double(milliseconds)) < 0.3)
        #expect(meter.endToEndMilliseconds(at: start + 9_000_000_000) == nil)
    }

    @Test func theToneAloneTellsNothing() {
        var meter = ClickMeter()
        meter.receive(TestTone().samples(from: 1000, count: 4800), heardAtUnixNanoseconds: 0)
        #expect(meter.endToEndMilliseconds(at: 0) == nil)
    }
}
