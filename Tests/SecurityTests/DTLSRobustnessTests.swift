import Security
import Testing
import Wire

@Suite struct DTLSRobustnessTests {
    @Test func garbageDoesNotDisturbTheHandshake() throws {
        var random = RandomSource.seeded(7)
        let pair = try DTLSPair(network: { _, bytes in
            var delivered: [[UInt8]] = []
            for _ in 0..<40 {
                var garbage = random.bytes(Int.random(in: 0...200, using: &random))
                if !garbage.isEmpty { garbage[0] = UInt8.random(in: 20...63, using: &random) }
                delivered.append(garbage)
            }
            return delivered + [bytes]
        })
        #expect(pair.run { $0.isConnected })
        #expect(pair.clientEnd == nil && pair.serverEnd == nil)
    }

    @Test func truncatedDatagramsOnlyCostTime() throws {
        var count = 0
        let pair = try DTLSPair(network: { _, bytes in
            count += 1
            return count <= 2 ? [Array(bytes.dropLast(bytes.count / 3))] : [bytes]
        })
        #expect(pair.run { $0.isConnected }, "\(String(describing: pair.clientEnd)), \(String(describing: pair.serverEnd))")
    }

    /// A changed byte in an unencrypted flight may end a handshake, but nothing may trap.
    @Test(arguments: 1...60 as ClosedRange<UInt64>) func changedBytesNeverTrap(seed: UInt64) throws {
        var random = RandomSource.seeded(seed)
        let pair = try DTLSPair(network: { _, bytes in
            var changed = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                changed[Int.random(in: 0..<changed.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            return [changed, bytes]
        })
        pair.settle()
        for end in [DTLSPair.End.client, .server] where pair.session(end).deadline == nil {
            #expect(
                end == .client
                    ? pair.clientEnd != nil || pair.clientConnection != nil : pair.serverEnd != nil || pair.serverConnection != nil)
        }
    }

    /// Records are authenticated once the handshake is done: whatever comes, the session stays.
    @Test func nothingUnauthenticatedEndsAConnection() throws {
        var random = RandomSource.seeded(9)
        let pair = try DTLSPair()
        pair.settle()
        try #require(pair.isConnected)
        let genuine = pair.sent
        for _ in 0..<500 {
            var (from, bytes) = genuine.randomElement(using: &random) ?? (.client, [])
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            pair.inject(bytes, to: from == .client ? .server : .client)
            // An alert (fatal, and close_notify) in the epochs of the handshake and of the data.
            for epoch in [0, 1] as [UInt8] {
                let alert: [UInt8] = [21, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 1, 0, 0, 2, UInt8.random(in: 1...2, using: &random), 0]
                pair.inject(alert, to: .client)
                pair.inject(alert, to: .server)
            }
            pair.settle()
        }
        #expect(pair.clientEnd == nil && pair.serverEnd == nil)
        pair.give(.close, to: .client)
        pair.settle()
        guard case .closed? = pair.serverEnd else {
            Issue.record("the session no longer hears its peer")
            return
        }
    }

    /// OpenSSL takes what is too short for its cipher for an error of its own, and would give up. Also within what it drops.
    @Test(arguments: [DTLSPair.End.client, .server]) func recordsTooShortToBeAuthenticEndNothing(end: DTLSPair.End) throws {
        let pair = try DTLSPair()
        let short = { (length: Int, sequence: UInt8) in
            [21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 1, sequence, 0, UInt8(length)] + [UInt8](repeating: 1, count: length)
        }
        let inject = {
            for length in 0...60 {
                for type in 20...24 as ClosedRange<UInt8> {
                    var record = short(length, UInt8(length))
                    record[0] = type
                    pair.inject(record, to: end)
                    // Records within one of another version, of an older epoch and of no end.
                    for (version, epoch) in [(0xfc, 1), (0xff, 0), (0xfd, 0)] as [(UInt8, UInt8)] {
                        let outer = [type, 0xfe, version, 0, epoch, 0, 0, 0, 0, 2, 0, 0]
                        pair.inject(outer + [UInt8(record.count)] + record, to: end)
                        pair.inject(outer + [255] + record, to: end)
                    }
                }
            }
        }
        pair.settle()
        try #require(pair.isConnected)
        inject()
        pair.settle()
        #expect(pair.clientEnd == nil && pair.serverEnd == nil)
        // Each still hears the other, whose farewell it answers.
        pair.give(.close, to: end == .client ? .server : .client)
        pair.settle()
        guard case .closed? = end == .client ? pair.clientEnd : pair.serverEnd else {
            Issue.record("\(String(describing: pair.clientEnd)), \(String(describing: pair.serverEnd))")
            return
        }
    }

    /// The same while hands are shaken, before and after there is a cipher.
    @Test func recordsTooShortToBeAuthenticDoNotDisturbTheHandshake() throws {
        let pair = try DTLSPair(network: { _, bytes in
            let short = (0..<24).map { [21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 1, $0, 0, $0] + [UInt8](repeating: 1, count: Int($0)) }
            return short + [bytes] + short
        })
        #expect(pair.run { $0.isConnected }, "\(String(describing: pair.clientEnd)), \(String(describing: pair.serverEnd))")
        pair.settle()
        pair.give(.close, to: .client)
        pair.settle()
        guard case .closed? = pair.serverEnd else {
            Issue.record("\(String(describing: pair.serverEnd))")
            return
        }
    }

    @Test(arguments: [DTLSPair.End.client, .server]) func closing(end: DTLSPair.End) throws {
        let pair = try DTLSPair()
        pair.settle()
        pair.give(.close, to: end)
        pair.settle()
        guard case .closed? = pair.clientEnd, case .closed? = pair.serverEnd else {
            Issue.record("\(String(describing: pair.clientEnd)), \(String(describing: pair.serverEnd))")
            return
        }
        let count = pair.sent.count
        pair.give(.close, to: end)
        pair.give(.datagram(pair.sent[0].bytes), to: end)
        pair.give(.timeout, to: end)
        pair.give(.start(role: .client, remoteFingerprints: []), to: end)
        #expect(pair.sent.count == count)
        #expect(pair.client.deadline == nil && pair.server.deadline == nil)
    }

    @Test func closingBeforeTheEndOfTheHandshake() throws {
        let pair = try DTLSPair()
        pair.give(.close, to: .client)
        guard case .closed? = pair.clientEnd else {
            Issue.record("not closed")
            return
        }
        #expect(pair.client.deadline == nil)
    }

    @Test func errorsSpeakToPeople() {
        let errors: [DTLSError] = [
            .timedOut(seconds: 30), .wrongCertificate(Fingerprint(algorithm: "sha-256", bytes: [1])), .noCommonProfile, .handshake("x"),
        ]
        for error in errors { #expect(!"\(error)".contains("\n") && "\(error)".hasSuffix(".")) }
    }
}
