import Codecs
import MediaSources
import Testing

@Suite struct TestPictureTests {
    @Test func stampSurvives() throws {
        let picture = try I420Buffer(width: 640, height: 480)
        let stamp = TestStamp(milliseconds: 0x1234_5678, counter: 77)
        stamp.write(to: picture)
        #expect(TestStamp(reading: picture) == stamp)
    }
}
