import Security
import Testing
import Wire

/// Handshakes over networks that lose, split, double and reorder. OpenSSL's timer follows the system's clock, so a lost
/// flight costs the 50 ms of its first retransmission.
@Suite struct DTLSLossTests {
    @Test(arguments: 0..<4) func eachFlightLostOnce(flight: Int) throws {
        var count = 0
        let pair = try DTLSPair(network: { _, bytes in
            defer { count += 1 }
            return count == flight ? [] : [bytes]
        })
        #expect(!pair.isConnected)
        pair.settle()
        #expect(!pair.isConnected)
        #expect(pair.run { $0.isConnected })
        #expect(pair.clientConnection?.keys.localKey == pair.serverConnection?.keys.remoteKey)
        #expect(pair.sent.count >= 5)
    }

    @Test func retransmissionStartsAt50Milliseconds() throws {
        let pair = try DTLSPair(network: { _, _ in [] })
        var waits: [Duration] = []
        let done = pair.run { pair in
            if pair.sent.count > waits.count, let deadline = pair.client.deadline { waits.append(deadline - pair.lastInput) }
            return waits.count == 4
        }
        #expect(done)
        for (wait, expected) in zip(waits, [50, 100, 200, 400]) {
            #expect(wait > .milliseconds(expected - 20) && wait <= .milliseconds(expected), "\(waits)")
        }
    }

    @Test(arguments: [1200, 600, 300]) func smallDatagrams(mtu: Int) throws {
        var options = OpenSSLDTLSSession.Options()
        options.mtu = mtu
        let pair = try DTLSPair(clientOptions: options, serverOptions: options)
        #expect(pair.run { $0.isConnected })
        #expect(pair.sent.allSatisfy { $0.bytes.count <= mtu })
        if mtu < 600 { #expect(pair.sent.count > 4) }
    }

    @Test func resentFlightsAreJoinedUpToTheMTU() throws {
        var count = 0
        let pair = try DTLSPair(network: { _, bytes in
            defer { count += 1 }
            return (1...2).contains(count) ? [] : [bytes]
        })
        #expect(pair.run { $0.isConnected })
        let flights = pair.sent.filter { $0.from == .server }.map(\.bytes.count)
        #expect(flights.count <= 4, "the server's flight went out as single records: \(flights)")
    }

    @Test func everythingTwice() throws {
        let pair = try DTLSPair(network: { _, bytes in [bytes, bytes] })
        #expect(pair.run { $0.isConnected })
        pair.settle()
        #expect(pair.clientEnd == nil && pair.serverEnd == nil)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>) func recordsReordered(seed: UInt64) throws {
        var random = RandomSource.seeded(seed)
        // Each record on its own, in any order within its datagram.
        let pair = try DTLSPair(network: { _, bytes in DTLSRecords.split(bytes).shuffled(using: &random) })
        #expect(pair.run { $0.isConnected })
    }

    /// A browser's first message is larger than a datagram: it comes in fragments, in any order, and some twice.
    @Test(arguments: [1400, 3000]) func largeClientHello(padding: Int) throws {
        var options = OpenSSLDTLSSession.Options()
        options.padding = padding
        let pair = try DTLSPair(clientOptions: options)
        #expect(pair.sent.count >= 2)
        #expect(pair.run { $0.isConnected })
        #expect(pair.sent.allSatisfy { $0.bytes.count <= 1200 })
    }

    @Test func fragmentsBackwardsAndTwice() throws {
        var options = OpenSSLDTLSSession.Options()
        options.padding = 1400
        options.mtu = 300
        let pair = try DTLSPair(clientOptions: options, network: { _, _ in [] })
        let fragments = pair.sent.map(\.bytes)
        #expect(fragments.count > 4)
        pair.network = { _, bytes in [bytes] }
        for fragment in fragments.reversed() + fragments { pair.inject(fragment, to: .server) }
        // Without a timer: nothing was lost, so nothing has to be sent again.
        pair.settle()
        #expect(pair.isConnected)
    }

    /// The peer lost our last flight, and repeats its own.
    @Test func lastFlightIsResentAfterConnecting() throws {
        var lost = false
        let pair = try DTLSPair(network: { from, bytes in
            if from == .server, bytes.first == 20, !lost {
                lost = true
                return []
            }
            return [bytes]
        })
        // Not just settled: on a slow machine an earlier flight may have to be sent again first.
        #expect(pair.run { $0.serverConnection != nil })
        #expect(lost && pair.clientConnection == nil)
        #expect(pair.run { $0.isConnected })
        #expect(pair.serverEnd == nil)
    }

    @Test func datagramsBeforeTheStartAreKept() throws {
        let (a, b) = (try Certificate(), try Certificate())
        let pair = DTLSPair(client: OpenSSLDTLSSession(certificate: a), server: OpenSSLDTLSSession(certificate: b))
        pair.give(.start(role: .client, remoteFingerprints: [b.fingerprint]), to: .client)
        pair.settle()
        #expect(pair.sent.count == 1)
        pair.give(.start(role: .server, remoteFingerprints: [a.fingerprint]), to: .server)
        pair.settle()
        #expect(pair.isConnected)
        #expect(pair.sent.count == 4)
    }

    @Test func givesUpAfter30Seconds() throws {
        let certificate = try Certificate()
        let session = OpenSSLDTLSSession(certificate: certificate)
        session.handle(.start(role: .server, remoteFingerprints: [certificate.fingerprint]), at: .zero)
        #expect(session.nextOutput() == nil)
        #expect(session.deadline == .zero + .seconds(30))
        session.handle(.timeout, at: .zero + .seconds(30))
        guard case .failed(.timedOut(seconds: 30))? = session.nextOutput() else {
            Issue.record("no failure")
            return
        }
        #expect(session.deadline == nil)
    }
}
