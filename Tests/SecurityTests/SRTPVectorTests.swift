import Security
import Testing

/// Whole packets. Those of AES-CM and AES-128-GCM are libsrtp's own test vectors; all were computed a second time by
/// RFC 3711 section 4.3 and RFC 7714 sections 8, 9 and 11 with another implementation of AES.
@Suite struct SRTPVectorTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        var profile: SRTPProfile
        var key: [UInt8]
        var rtp: String
        var rtcp: String
        var testDescription: String { profile.name }
    }

    static let rtpHeader = "800f1234decafbadcafebabe"
    static let rtcpHeader = "81c8000bcafebabe"
    static let payload = String(repeating: "ab", count: 16)

    static let vectors = [
        // The master key of RFC 3711 appendix B.3.
        Vector(
            profile: .aes128CMSHA1_80, key: bytes("e1f97a0d3e018be0d64fa32c06de4139" + "0ec675ad498afeebb6960b3aabe6"),
            rtp: rtpHeader + "4e55dc4ce79978d88ca4d215949d2402" + "b78d6acc99ea179b8dbb",
            rtcp: rtcpHeader + "7128035be487b9bdbef89041f977a5a8" + "80000001" + "993e08cd54d6c1230798"),
        Vector(
            profile: .aeadAES128GCM, key: Array(0..<16) + Array(0xa0...0xab),
            rtp: rtpHeader + "c5002ede04cfdd2eb91159e0880aa06e" + "d2976826f796b201df3131a127e8a392",
            rtcp: rtcpHeader + "c98b8b5df0392a55852b6c21ac8e7025" + "c52c6fbea2b3b446ea31123ba88ce61e" + "80000001"),
        Vector(
            profile: .aeadAES256GCM, key: Array(0..<32) + Array(0xa0...0xab),
            rtp: rtpHeader + "0af7f21e8a90bdad7a425c9c31ed4bb1" + "d90238917e7390a2793500e1681acaea",
            rtcp: rtcpHeader + "8abfafa780070a90e80f9161cf4aac08" + "1ed93aaa53c15b0f3ed1a3b984167b03" + "80000001"),
    ]

    @Test(arguments: vectors) func protect(vector: Vector) throws {
        let session = try SRTPSession(keys: SRTPKeys(profile: vector.profile, localKey: vector.key, remoteKey: vector.key))
        var rtp = bytes(Self.rtpHeader + Self.payload)
        try session.protect(&rtp)
        #expect(hex(rtp) == vector.rtp)
        var rtcp = bytes(Self.rtcpHeader + Self.payload)
        try session.protectRTCP(&rtcp)
        #expect(hex(rtcp) == vector.rtcp)
    }

    @Test(arguments: vectors) func unprotect(vector: Vector) throws {
        let session = try SRTPSession(keys: SRTPKeys(profile: vector.profile, localKey: vector.key, remoteKey: vector.key))
        var rtp = bytes(vector.rtp)
        try session.unprotect(&rtp)
        #expect(hex(rtp) == Self.rtpHeader + Self.payload)
        var rtcp = bytes(vector.rtcp)
        try session.unprotectRTCP(&rtcp)
        #expect(hex(rtcp) == Self.rtcpHeader + Self.payload)
    }

    /// The authentication key that RFC 3711 appendix B.3 derives, seen from outside: it makes the packet's tag.
    @Test func derivedAuthenticationKey() {
        let key = bytes("cebe321f6ff7716b6fd4ab49af256a156d38baa4")
        let packet = bytes(Self.vectors[0].rtp)
        let rolloverCounter: [UInt8] = [0, 0, 0, 0]
        #expect(HMAC.sha1(key: key, message: packet.dropLast(10) + rolloverCounter).prefix(10) == packet.suffix(10))
    }

    /// RFC 5764 section 4.2: client's key, server's key, client's salt, server's salt.
    @Test(arguments: SRTPProfile.allCases) func exportedMaterial(profile: SRTPProfile) throws {
        let (key, salt) = (profile.keyLength, profile.saltLength)
        let material =
            [UInt8](repeating: 1, count: key) + .init(repeating: 2, count: key) + .init(repeating: 3, count: salt)
            + .init(repeating: 4, count: salt)
        let clients = [UInt8](repeating: 1, count: key) + .init(repeating: 3, count: salt)
        let servers = [UInt8](repeating: 2, count: key) + .init(repeating: 4, count: salt)
        let keys = try #require(SRTPKeys(profile: profile, material: material, role: .client))
        #expect(keys.localKey == clients && keys.remoteKey == servers)
        let others = try #require(SRTPKeys(profile: profile, material: material, role: .server))
        #expect(others.localKey == servers && others.remoteKey == clients)
        #expect(SRTPKeys(profile: profile, material: material.dropLast(), role: .client) == nil)
        #expect(SRTPProfile(wireValue: profile.wireValue) == profile)
    }
}

func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex)
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
}
