import Security
import Testing
import Wire

@Suite struct DTLSHandshakeTests {
    @Test func bothEndsHaveTheSameKeys() throws {
        let pair = try DTLSPair()
        pair.settle()
        let client = try #require(pair.clientConnection)
        let server = try #require(pair.serverConnection)
        #expect(client.keys.localKey == server.keys.remoteKey)
        #expect(client.keys.remoteKey == server.keys.localKey)
        #expect(client.keys.localKey != client.keys.remoteKey)
        #expect(client.keys.profile == .aeadAES128GCM)
        #expect(client.cipher == "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
        #expect(client.version == "FEFD")
        #expect(client.role == .client && server.role == .server)
        #expect(pair.client.deadline == nil && pair.server.deadline == nil)
        #expect(pair.sent.count == 4, "one datagram a flight")
        #expect(pair.sent.allSatisfy { (20...63).contains($0.bytes[0]) && $0.bytes.count <= 1200 })
    }
}
