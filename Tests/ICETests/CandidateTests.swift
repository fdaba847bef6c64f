import ICE
import Testing
import Wire

@Suite struct CandidateTests {
    @Test(
        "What browsers write is read",
        arguments: [
            (
                "candidate:2965532013 1 udp 2122260223 192.168.1.5 51234 typ host generation 0 ufrag Xy3z network-id 1 network-cost 999",
                ICECandidate(
                    foundation: "2965532013", priority: 2_122_260_223, address: .ip(address("192.168.1.5", 51234)), type: .host,
                    usernameFragment: "Xy3z")
            ),
            (
                "a=candidate:0 1 UDP 2122252543 2001:db8::7 40000 typ host\r\n",
                ICECandidate(foundation: "0", priority: 2_122_252_543, address: .ip(address("2001:db8::7", 40000)), type: .host)
            ),
            (
                "candidate:1 1 UDP 1685987327 203.0.113.9 40001 typ srflx raddr 0.0.0.0 rport 0",
                ICECandidate(
                    foundation: "1", priority: 1_685_987_327, address: .ip(address("203.0.113.9", 40001)), type: .serverReflexive,
                    related: address("0.0.0.0", 0))
            ),
            (
                "candidate:3 1 TCP 2105524479 10.0.0.1 9 typ host tcptype active",
                ICECandidate(
                    foundation: "3", transport: .tcp, priority: 2_105_524_479, address: .ip(address("10.0.0.1", 9)), type: .host,
                    tcpType: "active")
            ),
            (
                "candidate:4 2 udp 1 4f5c6a3e-1111-4222-8333-944455566677.local 5000 typ host",
                ICECandidate(
                    foundation: "4", component: 2, priority: 1,
                    address: .name("4f5c6a3e-1111-4222-8333-944455566677.local", port: 5000), type: .host)
            ),
            (
                "CANDIDATE:5 1 udp 7 10.0.0.1 1 TYP Relay raddr ::1 rport 2 extension",
                ICECandidate(
                    foundation: "5", priority: 7, address: .ip(address("10.0.0.1", 1)), type: .relayed, related: address("::1", 2))
            ),
        ])
    func reading(text: String, candidate: ICECandidate) throws {
        #expect(try ICECandidate(parsing: text) == candidate)
        #expect(try ICECandidate(parsing: candidate.description) == candidate, "printed and read again")
        #expect(try ICECandidate(parsing: "a=" + candidate.description) == candidate)
    }

    @Test("A candidate prints as RFC 8839 writes it")
    func printing() {
        let candidate = ICECandidate(
            foundation: "1", priority: 99, address: .ip(address("203.0.113.9", 40001)), type: .serverReflexive,
            related: address("10.0.0.1", 5), usernameFragment: "abcd")
        #expect(
            candidate.description == "candidate:1 1 udp 99 203.0.113.9 40001 typ srflx raddr 10.0.0.1 rport 5 ufrag abcd")
    }

    @Test(
        "What is no candidate is refused",
        arguments: [
            "", "candidate:", "candidate:1 1 udp 1 10.0.0.1 1 typ", "candidate: 1 udp 1 10.0.0.1 1 typ host",
            "candidate:1 0 udp 1 10.0.0.1 1 typ host", "candidate:1 257 udp 1 10.0.0.1 1 typ host",
            "candidate:1 1 sctp 1 10.0.0.1 1 typ host", "candidate:1 1 udp -1 10.0.0.1 1 typ host",
            "candidate:1 1 udp 2147483648 10.0.0.1 1 typ host", "candidate:1 1 udp 1 10.0.0.1 65536 typ host",
            "candidate:1 1 udp 1 10.0.0.256 1 typ host", "candidate:1 1 udp 1 :: 1 type host", "candidate:1 1 udp 1 a..b 1 typ host",
            "candidate:1 1 udp 1 10.0.0.1 1 typ bogus", "candidate:1 1 udp 1 a,b 1 typ host", "candidate:1 1 udp 1 fe80::1%eth0 1 typ host",
            "candidate:" + String(repeating: "f", count: 33) + " 1 udp 1 10.0.0.1 1 typ host",
            "candidate:1 1 udp 1 10.0.0.1 1 typ host " + String(repeating: "x", count: 1000),
            "candidate:1 1 udp 1 10.0.0.1 1 typ host ufrag " + String(repeating: "x", count: 257),
        ])
    func refusing(text: String) {
        #expect(throws: ICECandidateError.self) { try ICECandidate(parsing: text) }
        #expect(ICECandidate(text) == nil)
    }

    @Test("Priorities follow RFC 8445 section 5.1.2.1")
    func priorities() {
        #expect(ICECandidate.priority(.host, localPreference: 65535) == 2_130_706_431)
        #expect(ICECandidate.priority(.relayed, localPreference: 0) == 255)
        #expect(
            ICECandidate.priority(.peerReflexive, localPreference: 0) > ICECandidate.priority(.serverReflexive, localPreference: 65535))
    }

    @Test("Changed candidates never trap", arguments: 0..<10 as Range<UInt64>)
    func mutations(seed: UInt64) {
        var random = RandomSource.seeded(seed)
        let original = Array("candidate:1 1 udp 2130706431 2001:db8::1 40001 typ srflx raddr 10.0.0.1 rport 5 tcptype so ufrag abcd".utf8)
        for _ in 0..<1000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(index..<min(bytes.count, index + 5))
                case 2: bytes.insert(contentsOf: bytes[..<index], at: index)
                default: bytes[index] = 0x20
                }
                if bytes.isEmpty { bytes = original }
            }
            guard let candidate = try? ICECandidate(parsing: String(decoding: bytes, as: UTF8.self)) else { continue }
            #expect((try? ICECandidate(parsing: candidate.description)) == candidate)
        }
    }

    @Test("A combining mark at the start of a field hides no space")
    func combiningMarks() throws {
        let candidate = try ICECandidate(parsing: "candidate:1 1 udp 1 192.0.2.1 1 typ host ufrag \u{301}x")
        #expect(candidate.usernameFragment == "\u{301}x")
        #expect(try ICECandidate(parsing: candidate.description) == candidate)
    }

    @Test("Credentials are of the lengths and characters of RFC 8839 section 5.4")
    func credentials() {
        var random = RandomSource.seeded(1)
        #expect(ICECredentials(random: &random).isValid)
        let password = String(repeating: "p", count: 22)
        #expect(ICECredentials(usernameFragment: "abcd", password: password).isValid)
        #expect(!ICECredentials(usernameFragment: "abc", password: password).isValid)
        #expect(!ICECredentials(usernameFragment: "abcd", password: "p").isValid)
        #expect(!ICECredentials(usernameFragment: "ab d", password: password).isValid)
        #expect(!ICECredentials(usernameFragment: String(repeating: "a", count: 257), password: password).isValid)
    }
}
