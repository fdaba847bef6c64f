import Security
import Testing
import Wire

@Suite struct SRTPSessionTests {
    private static func pair(_ profile: SRTPProfile) throws -> (SRTPSession, SRTPSession) {
        let length = profile.keyLength + profile.saltLength
        let (a, b) = ([UInt8](repeating: 0x11, count: length), [UInt8](repeating: 0x22, count: length))
        return (
            try SRTPSession(keys: SRTPKeys(profile: profile, localKey: a, remoteKey: b)),
            try SRTPSession(keys: SRTPKeys(profile: profile, localKey: b, remoteKey: a))
        )
    }

    private static func packet(_ sequence: Int, ssrc: UInt32 = 7, size: Int = 100) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(0x8060 as UInt16)
        writer.write(UInt16(truncatingIfNeeded: sequence))
        writer.write(UInt32(truncatingIfNeeded: sequence))
        writer.write(ssrc)
        writer.write([UInt8](repeating: UInt8(truncatingIfNeeded: sequence), count: size))
        return writer.bytes
    }

    private static func report(_ ssrc: UInt32 = 7) -> [UInt8] {
        [0x80, 201, 0, 1] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: ssrc >> $0) }
    }

    @Test(arguments: SRTPProfile.allCases) func everySize(profile: SRTPProfile) throws {
        let (sender, receiver) = try Self.pair(profile)
        for (sequence, size) in [0, 1, 15, 16, 17, 1200, 8000].enumerated() {
            let plain = Self.packet(sequence, size: size)
            var packet = plain
            try sender.protect(&packet)
            #expect(packet.count == plain.count + profile.tagLength)
            #expect(size == 0 || packet[12...].prefix(size) != plain[12...])
            try receiver.unprotect(&packet)
            #expect(packet == plain)
        }
        var report = Self.report()
        try sender.protectRTCP(&report)
        #expect(report.count == 8 + profile.tagLength + 4)
        try receiver.unprotectRTCP(&report)
        #expect(report == Self.report())
    }

    @Test(arguments: SRTPProfile.allCases) func replaysAreRejected(profile: SRTPProfile) throws {
        let (sender, receiver) = try Self.pair(profile)
        var protected: [[UInt8]] = []
        for sequence in 0..<2000 {
            var packet = Self.packet(sequence)
            try sender.protect(&packet)
            protected.append(packet)
        }
        for index in [0, 1999, 1000] + Array(1001..<1500) {
            var packet = protected[index]
            try receiver.unprotect(&packet)
        }
        for index in [1000, 1499, 1999] {
            var packet = protected[index]
            #expect(throws: SRTPError.replayed) { try receiver.unprotect(&packet) }
        }
        // Just within the window, and just beyond it.
        var (inside, outside) = (protected[1999 - 1023], protected[1999 - 1024])
        try receiver.unprotect(&inside)
        #expect(throws: SRTPError.replayed) { try receiver.unprotect(&outside) }
        var report = Self.report()
        try sender.protectRTCP(&report)
        var again = report
        try receiver.unprotectRTCP(&report)
        #expect(throws: SRTPError.replayed) { try receiver.unprotectRTCP(&again) }
    }

    @Test(arguments: SRTPProfile.allCases) func tamperingIsFound(profile: SRTPProfile) throws {
        let (sender, receiver) = try Self.pair(profile)
        var genuine = Self.packet(1)
        try sender.protect(&genuine)
        // Marker and payload type, sequence number, timestamp, SSRC, payload, tag.
        for index in [1, 3, 5, 11, 12, 60, genuine.count - 17, genuine.count - 1] {
            var packet = genuine
            packet[index] ^= 1
            #expect(throws: SRTPError.authenticationFailed) { try receiver.unprotect(&packet) }
        }
        var report = Self.report()
        try sender.protectRTCP(&report)
        for index in [1, 4, 8, report.count - 1] {
            var packet = report
            packet[index] ^= 1
            #expect(throws: SRTPError.authenticationFailed) { try receiver.unprotectRTCP(&packet) }
        }
        // What was tampered with does not count as seen.
        try receiver.unprotect(&genuine)
        try receiver.unprotectRTCP(&report)
    }

    @Test(arguments: SRTPProfile.allCases) func acrossTheWrapOfTheSequenceNumber(profile: SRTPProfile) throws {
        let (sender, receiver) = try Self.pair(profile)
        var late: [[UInt8]] = []
        // Two wraps; every seventh packet comes late, those before a wrap after it.
        for sequences in [65_000..<66_000, 90_000..<90_100, 120_000..<120_100, 130_800..<132_000] {
            for sequence in sequences {
                let plain = Self.packet(sequence, size: 20)
                var packet = plain
                try sender.protect(&packet)
                if sequence % 7 == 0 {
                    late.append(packet)
                } else {
                    try receiver.unprotect(&packet)
                    #expect(packet == plain)
                }
                if late.count > 40 {
                    var old = late.removeFirst()
                    try receiver.unprotect(&old)
                }
            }
            for var packet in late { try receiver.unprotect(&packet) }
            late = []
        }
    }

    @Test(arguments: SRTPProfile.allCases) func malformedPackets(profile: SRTPProfile) throws {
        var random = RandomSource.seeded(3)
        let (sender, receiver) = try Self.pair(profile)
        for _ in 0..<600 {
            var packet = random.bytes(Int.random(in: 0...90, using: &random))
            if let first = packet.first { packet[0] = first & 0x3f | 0x80 }
            var (second, third, fourth) = (packet, packet, packet)
            #expect(throws: SRTPError.self) { try receiver.unprotect(&packet) }
            #expect(throws: SRTPError.self) { try receiver.unprotectRTCP(&second) }
            // What we send is ours: it need only not trap.
            try? sender.protect(&third)
            try? sender.protectRTCP(&fourth)
        }
        var short = Array(Self.packet(1).prefix(11))
        #expect(throws: SRTPError.malformed) { try sender.protect(&short) }
        #expect(short.count == 11)
        // A header whose extension is longer than the packet.
        var extended = Self.packet(1, size: 30)
        extended[0] |= 0x10
        extended[14] = 0xff
        #expect(throws: SRTPError.malformed) { try receiver.unprotect(&extended) }
        var huge = [UInt8](repeating: 0x80, count: 70_000)
        #expect(throws: SRTPError.malformed) { try sender.protect(&huge) }
    }

    @Test func aSequenceNumberTwice() throws {
        let (gcm, _) = try Self.pair(.aeadAES128GCM)
        var (first, second) = (Self.packet(5), Self.packet(5, size: 50))
        try gcm.protect(&first)
        #expect(throws: SRTPError.replayed) { try gcm.protect(&second) }
        #expect(second.count == 62)
        let (counter, _) = try Self.pair(.aes128CMSHA1_80)
        var (once, again) = (Self.packet(5), Self.packet(5))
        try counter.protect(&once)
        try counter.protect(&again)
        #expect(once == again)
    }

    @Test func sourcesAreBounded() throws {
        let (sender, receiver) = try Self.pair(.aeadAES128GCM)
        for ssrc in 0..<UInt32(SRTPSession.maximumSources) {
            var packet = Self.packet(1, ssrc: ssrc)
            try sender.protect(&packet)
            try receiver.unprotect(&packet)
        }
        var (known, unknown) = (Self.packet(2, ssrc: 0), Self.packet(1, ssrc: 0xffff))
        try sender.protect(&known)
        try sender.protect(&unknown)
        try receiver.unprotect(&known)
        #expect(throws: SRTPError.tooManySources) { try receiver.unprotect(&unknown) }
    }

    @Test func keysOfTheWrongLength() {
        #expect(throws: SRTPError.wrongKeyLength) {
            try SRTPSession(keys: SRTPKeys(profile: .aeadAES128GCM, localKey: .init(repeating: 1, count: 28), remoteKey: [1]))
        }
        #expect(throws: SRTPError.wrongKeyLength) {
            try SRTPSession(keys: SRTPKeys(profile: .aeadAES256GCM, localKey: .init(repeating: 1, count: 28), remoteKey: []))
        }
    }

    @Test func keysOfAHandshake() throws {
        let pair = try DTLSPair()
        pair.settle()
        let client = try SRTPSession(keys: #require(pair.clientConnection).keys)
        let server = try SRTPSession(keys: #require(pair.serverConnection).keys)
        var packet = Self.packet(1)
        try client.protect(&packet)
        try server.unprotect(&packet)
        var report = Self.report()
        try server.protectRTCP(&report)
        try client.unprotectRTCP(&report)
        #expect(packet == Self.packet(1) && report == Self.report())
    }
}
