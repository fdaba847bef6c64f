import Testing
import Wire

@Suite struct ByteReaderTests {
    @Test func readsBigEndianAndStopsAtTheEnd() throws {
        var reader = ByteReader([0x01, 0x02, 0x03, 0x04, 0x05, 0x06])
        #expect(try reader.read(UInt8.self) == 0x01)
        #expect(try reader.readUInt24() == 0x020304)
        #expect(throws: ByteReader.Truncated.self) { try reader.read(UInt32.self) }
        #expect(try reader.read(UInt16.self) == 0x0506)
        #expect(reader.isAtEnd)
    }

    @Test func refusesNegativeAndHugeCounts() {
        var reader = ByteReader([1, 2])
        #expect(throws: ByteReader.Truncated.self) { try reader.readBytes(-1) }
        #expect(throws: ByteReader.Truncated.self) { try reader.skip(.max) }
        #expect(throws: ByteReader.Truncated.self) { try ByteReader([1], in: 0..<2) }
    }

    @Test func writerMirrorsReader() throws {
        var writer = ByteWriter()
        writer.write(UInt16(0xabcd))
        writer.writeUInt24(0x010203)
        writer.pad(to: 4)
        writer.write(UInt64.max)
        writer.overwrite(0x1234, at: 0)
        var reader = ByteReader(writer.bytes)
        #expect(try reader.read(UInt16.self) == 0x1234)
        #expect(try reader.readUInt24() == 0x010203)
        try reader.skip(3)
        #expect(try reader.read(UInt64.self) == .max)
    }
}

@Suite struct SequenceUnwrapperTests {
    @Test func followsWrapsForwardAndBack() {
        var unwrapper = SequenceUnwrapper<UInt16>()
        #expect(unwrapper.unwrap(65534) == 65534)
        #expect(unwrapper.unwrap(1) == 65537)
        #expect(unwrapper.unwrap(65535) == 65535)
        #expect(unwrapper.newest == 65537)
    }

    @Test(arguments: [UInt64](1...20)) func aRandomWalkIsRecovered(seed: UInt64) {
        var random = RandomSource.seeded(seed)
        var unwrapper = SequenceUnwrapper<UInt16>()
        var truth = Int64(UInt16.random(in: 0...65535, using: &random))
        for _ in 0..<2000 {
            #expect(unwrapper.unwrap(UInt16(truncatingIfNeeded: truth)) == truth)
            truth += Int64.random(in: -100...20000, using: &random)
            truth = max(truth, (unwrapper.newest ?? 0) - 30000)
        }
    }
}

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("::", "::"), ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("fe80::1:2", "fe80::1:2"), ("::ffff:192.0.2.1", "::ffff:c000:201"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ]) func parsesAndPrintsCanonically(text: String, canonical: String) throws {
        #expect(try #require(IPAddress(text)).description == canonical)
    }

    @Test(arguments: [
        "", "1.2.3", "256.1.1.1", "1.2.3.4.5", ":::", "1::2::3", "12345::", "g::", "1:2:3:4:5:6:7", "::1%eth0", ":1", "1.2.3.-4",
    ])
    func refuses(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func classifies() {
        #expect(IPAddress("169.254.1.1")!.isLinkLocal)
        #expect(IPAddress("fe80::1")!.isLinkLocal)
        #expect(!IPAddress("2001:db8::1")!.isLinkLocal)
        #expect(IPAddress("::ffff:10.0.0.1")!.unmapped == IPAddress("10.0.0.1"))
    }
}

@Suite struct TimeTests {
    @Test func ntpRoundTripsWithinANanosecond() {
        let ntp = NTPTime(unixNanoseconds: 1_767_225_600_123_456_789)
        #expect(abs(ntp.unixNanoseconds - 1_767_225_600_123_456_789) <= 1)
    }

    @Test func wallClockMapsBothWays() {
        let clock = WallClock(reference: Instant(nanoseconds: 5), unixNanoseconds: 1_000_000_000_000)
        let later = Instant(nanoseconds: 5) + .seconds(3)
        #expect(abs((clock.instant(of: clock.ntp(at: later)) - later).nanoseconds) <= 1)
    }

    @Test func durationsClampInsteadOfTrapping() {
        #expect(Duration.seconds(Int64.max).nanoseconds == .max)
    }
}
