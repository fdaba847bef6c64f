import STUN
import Testing
import Wire

@Suite struct VectorTests {
    @Test("RFC 5769 section 2.1: request")
    func request() throws {
        let message = try STUNMessage(parsing: Vectors.request)
        #expect(message.messageClass == .request)
        #expect(message.method == .binding)
        #expect(message.software == "STUN test client")
        #expect(message.username == "evtj:h6vY")
        #expect(message.priority == 0x6e00_01ff)
        #expect(message.iceControlled == 0x932f_f9b1_5126_3b36)
        #expect(message.iceControlling == nil)
        #expect(!message.useCandidate)
        #expect(message.hasFingerprint)
        #expect(message.verify(.shortTerm(password: Vectors.password)))
        #expect(!message.verify(.shortTerm(password: Vectors.password + "x")))
        #expect(!message.verify(.sha256(key: Array(Vectors.password.utf8))))
        #expect(message.unknownRequiredAttributes().isEmpty)
    }

    @Test(
        "RFC 5769 sections 2.2 and 2.3: responses",
        arguments: [(Vectors.responseIPv4, "192.0.2.1"), (Vectors.responseIPv6, "2001:db8:1234:5678:11:2233:4455:6677")])
    func response(bytes: [UInt8], address: String) throws {
        let message = try STUNMessage(parsing: bytes)
        #expect(message.messageClass == .successResponse)
        #expect(message.software == "test vector")
        #expect(message.mappedAddress == TransportAddress(address, port: 32853))
        #expect(message.verify(.shortTerm(password: Vectors.password)))
    }

    @Test("RFC 5769 section 2.4: request with long-term authentication, parsed and written")
    func longTerm() throws {
        let message = try STUNMessage(parsing: Vectors.requestLongTerm)
        let integrity = STUNIntegrity.longTerm(
            username: Vectors.longTermUsername, realm: Vectors.realm, password: Vectors.longTermPassword)
        #expect(message.username == Vectors.longTermUsername)
        #expect(message.nonce == "f//499k954d6OL34oL9FSTvy64sA")
        #expect(message.realm == Vectors.realm)
        #expect(!message.hasFingerprint)
        #expect(message.verify(integrity))
        let written = STUNMessage(
            .request, transactionID: message.transactionID,
            attributes: [
                .username(Vectors.longTermUsername), .nonce("f//499k954d6OL34oL9FSTvy64sA"), .realm(Vectors.realm),
            ])
        #expect(written.encoded(integrity: [integrity], fingerprint: false) == Vectors.requestLongTerm)
    }

    @Test("RFC 8489 section B.1: request with USERHASH and MESSAGE-INTEGRITY-SHA256, parsed and written")
    func longTermSHA256() throws {
        let message = try STUNMessage(parsing: Vectors.requestLongTermSHA256)
        let integrity = STUNIntegrity.longTermSHA256(
            username: Vectors.longTermUsername, realm: Vectors.realm, password: Vectors.longTermPassword)
        let hash = STUNIntegrity.userHash(username: Vectors.longTermUsername, realm: Vectors.realm)
        let nonce = "obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA"
        #expect(message.userHash == hash)
        #expect(message.nonce == nonce)
        #expect(message.verify(integrity))
        #expect(!message.verify(.longTerm(username: Vectors.longTermUsername, realm: Vectors.realm, password: "TheMatrIX")))
        let written = STUNMessage(
            .request, transactionID: message.transactionID,
            attributes: [.userHash(hash), .nonce(nonce), .realm(Vectors.realm), STUNAttribute(.passwordAlgorithm, [0, 2, 0, 0])])
        #expect(written.encoded(integrity: [integrity], fingerprint: false) == Vectors.requestLongTermSHA256)
    }
}
