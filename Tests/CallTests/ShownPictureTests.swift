import Calls
import Testing

@Suite struct ShownPictureTests {
    @Test func `a small window still gets what a larger one needs, a large one more`() {
        #expect(ShownPicture(width: 20, height: 10).usefulBitrate == ShownPicture(width: 320, height: 192).usefulBitrate)
        #expect(ShownPicture(width: 160, height: 96).usefulBitrate >= 500_000)
        #expect(ShownPicture(width: 1280, height: 720).usefulBitrate > 1_500_000)
    }

    @Test func `no size is too strange`() {
        for size in [-1, 0, 1, Int.max] {
            #expect((500_000...20_000_000_000).contains(ShownPicture(width: size, height: size).usefulBitrate))
        }
    }
}
