import Security
import Testing
import Wire

@Suite struct DTLSIdentityTests {
    private func pair(clientExpects: (Certificate) -> [Fingerprint], serverExpects: (Certificate) -> [Fingerprint]) throws -> DTLSPair {
        let (a, b) = (try Certificate(), try Certificate())
        let pair = DTLSPair(client: OpenSSLDTLSSession(certificate: a), server: OpenSSLDTLSSession(certificate: b))
        pair.start(clientExpects: clientExpects(b), serverExpects: serverExpects(a))
        pair.settle()
        return pair
    }

    @Test func clientRefusesAnotherCertificate() throws {
        let other = try Certificate()
        let pair = try pair(clientExpects: { _ in [other.fingerprint] }, serverExpects: { [$0.fingerprint] })
        #expect(pair.clientConnection == nil)
        guard case .failed(.wrongCertificate(let shown))? = pair.clientEnd else {
            Issue.record("the client accepted it")
            return
        }
        #expect(shown != other.fingerprint)
        guard case .closed? = pair.serverEnd else {
            Issue.record("the server was not told")
            return
        }
    }

    @Test func serverRefusesAnotherCertificate() throws {
        let pair = try pair(clientExpects: { [$0.fingerprint] }, serverExpects: { _ in [] })
        #expect(pair.serverConnection == nil)
        guard case .failed(.wrongCertificate)? = pair.serverEnd else {
            Issue.record("the server accepted it")
            return
        }
        guard case .closed? = pair.clientEnd else {
            Issue.record("the client was not told")
            return
        }
    }

    @Test func oneOfSeveralFingerprintsIsEnough() throws {
        let other = try Certificate()
        let unknown = Fingerprint(algorithm: "sha-1", bytes: .init(repeating: 1, count: 20))
        let pair = try pair(
            clientExpects: { [unknown, other.fingerprint, $0.fingerprint] },
            serverExpects: { [Fingerprint("SHA-256 " + $0.fingerprint.description.dropFirst(8).lowercased()) ?? unknown] })
        #expect(pair.isConnected)
    }

    @Test(arguments: [DTLSPair.End.client, .server]) func peerWithRSACertificate(end: DTLSPair.End) throws {
        let rsa = try Certificate(key: .rsa2048)
        let pair = try DTLSPair(clientCertificate: end == .client ? rsa : nil, serverCertificate: end == .server ? rsa : nil)
        #expect(pair.run { $0.isConnected })
        #expect(pair.clientConnection?.keys.localKey == pair.serverConnection?.keys.remoteKey)
        if end == .server { #expect(pair.clientConnection?.cipher == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256") }
    }

    @Test(arguments: SRTPProfile.allCases) func everyProfile(profile: SRTPProfile) throws {
        var options = OpenSSLDTLSSession.Options()
        options.profiles = [profile]
        let pair = try DTLSPair(clientOptions: options)
        pair.settle()
        #expect(pair.serverConnection?.keys.profile == profile)
        #expect(pair.clientConnection?.keys.profile == profile)
        #expect(pair.clientConnection?.keys.localKey == pair.serverConnection?.keys.remoteKey)
        #expect(pair.clientConnection?.keys.localKey.count == profile.keyLength + profile.saltLength)
    }

    @Test func noCommonProfile() throws {
        var (gcm, counter) = (OpenSSLDTLSSession.Options(), OpenSSLDTLSSession.Options())
        gcm.profiles = [.aeadAES128GCM]
        counter.profiles = [.aes128CMSHA1_80]
        let pair = try DTLSPair(clientOptions: gcm, serverOptions: counter)
        pair.settle()
        #expect(!pair.isConnected)
        guard case .failed(.noCommonProfile)? = pair.clientEnd else {
            Issue.record("\(String(describing: pair.clientEnd))")
            return
        }
    }

    @Test func fingerprintText() throws {
        let fingerprint = try Certificate().fingerprint
        #expect(fingerprint.algorithm == "sha-256" && fingerprint.bytes.count == 32)
        #expect(Fingerprint(fingerprint.description) == fingerprint)
        #expect(Fingerprint(fingerprint.description.lowercased()) == fingerprint)
        #expect(Fingerprint("SHA-256 0a:Ff")?.bytes == [0x0a, 0xff])
        #expect(Fingerprint("SHA-256 0a:Ff")?.description == "sha-256 0A:FF")
        for wrong in ["", "sha-256", "sha-256 A:B", "sha-256 AA:", "sha-256 AA:GG", "sha-256 AAA", "sha-256 AA BB", "sha-256 ÄÄ"] {
            #expect(Fingerprint(wrong) == nil, "\(wrong)")
        }
        #expect(Fingerprint("sha-512 " + Array(repeating: "AA", count: 65).joined(separator: ":")) == nil)
    }

    @Test func certificatesDiffer() throws {
        #expect(try Certificate().fingerprint != Certificate().fingerprint)
    }
}
