import Security
import Testing

@Suite struct MessageDigestTests {
    @Test func knownDigests() {
        let abc = Array("abc".utf8)
        #expect(hex(MessageDigest.sha1(abc)) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(hex(MessageDigest.sha256(abc)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(hex(MessageDigest.md5(abc)) == "900150983cd24fb0d6963f7d28e17f72")
    }

    @Test func nothingHasADigestToo() {
        #expect(hex(MessageDigest.sha1([])) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(hex(MessageDigest.md5([])) == "d41d8cd98f00b204e9800998ecf8427e")
        for digest in MessageDigest.allCases { #expect(digest.digest(of: [1, 2]).count == digest.length) }
    }

    /// RFC 2202 and RFC 4231, test case 2, and a key longer than a block (case 6).
    @Test func knownCodes() {
        let message = Array("what do ya want for nothing?".utf8)
        #expect(hex(HMAC.sha1(key: Array("Jefe".utf8), message: message)) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
        #expect(
            hex(HMAC.sha256(key: Array("Jefe".utf8), message: message))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        let long = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
        #expect(
            hex(HMAC.sha256(key: .init(repeating: 0xaa, count: 131), message: long))
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
        #expect(
            hex(HMAC.sha1(key: .init(repeating: 0xaa, count: 80), message: long)) == "aa4ae5e15272d00e95705637ce8a3b55ed402112")
    }

    @Test func emptyKeyAndMessage() {
        #expect(hex(HMAC.sha1(key: [], message: [])) == "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d")
    }

    @Test func comparison() {
        #expect(HMAC.verify([1, 2, 3], equals: [1, 2, 3]))
        #expect(!HMAC.verify([1, 2, 3], equals: [1, 2, 4]))
        #expect(!HMAC.verify([1, 2], equals: [1, 2, 3]))
        #expect(HMAC.verify([], equals: []))
    }
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
