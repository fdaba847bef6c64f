import ICE
import Testing
import Wire

@Suite struct MDNSTests {
    private static let name = "0a1b2c3d-0000-4000-8000-123456789abc.local"

    /// A response with a question, to whose name the records point.
    private static func response(_ records: [(type: UInt16, data: [UInt8])], flags: UInt16 = 0x8400, name: String = name) -> [UInt8] {
        var writer = ByteWriter()
        for word: UInt16 in [0, flags, 1, UInt16(records.count), 0, 0] { writer.write(word) }
        for label in name.split(separator: ".") {
            writer.write(UInt8(label.utf8.count))
            writer.write(label.utf8)
        }
        writer.write(UInt8(0))
        for word: UInt16 in [1, 1] { writer.write(word) }
        for record in records {
            writer.write(UInt16(0xc00c))
            for word: UInt16 in [record.type, 0x8001, 0, 120, UInt16(record.data.count)] { writer.write(word) }
            writer.write(record.data)
        }
        return writer.bytes
    }

    private func outputs(_ resolver: inout MDNSResolver) -> [MDNSResolver.Output] {
        var all: [MDNSResolver.Output] = []
        while let output = resolver.nextOutput() { all.append(output) }
        return all
    }

    private func asking(_ name: String = name) -> MDNSResolver {
        var resolver = MDNSResolver()
        resolver.handle(.resolve(name), at: .zero)
        _ = outputs(&resolver)
        return resolver
    }

    @Test func theQuestionIsAsTheRFCHasIt() {
        var resolver = MDNSResolver()
        resolver.handle(.resolve("ab.local"), at: .zero)
        let question: [UInt8] = [2, 0x61, 0x62, 5] + Array("local".utf8) + [0, 0]
        let query: [UInt8] = [0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0] + question + [1, 0, 1] + question + [28, 0, 1]
        #expect(outputs(&resolver) == [.transmit(query)])
    }

    @Test func bothKindsOfAddressAreFound() throws {
        let v6 = try #require(IPAddress("fd00::2"))
        var resolver = asking()
        let response = Self.response([(1, [192, 0, 2, 7]), (28, v6.bytes), (16, [1, 2, 3])])
        resolver.handle(.datagram(response), at: .zero)
        #expect(outputs(&resolver) == [.resolved(Self.name, [try #require(IPAddress("192.0.2.7")), v6])])
        #expect(resolver.deadline == nil)
    }

    @Test func namesAreComparedWithoutCase() {
        var resolver = asking(Self.name.uppercased())
        resolver.handle(.datagram(Self.response([(1, [192, 0, 2, 7])])), at: .zero)
        #expect(outputs(&resolver).count == 1)
    }

    @Test(arguments: [
        response([(1, [192, 0, 2, 7])], flags: 0), response([(1, [192, 0, 2, 7])], name: "other.local"), response([(1, [192, 0, 2])]), [],
        // A name that points at itself, and one that points ahead.
        [0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4],
        [0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0xc0, 40, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4],
    ])
    func whatIsNoAnswerLeavesTheQuestion(_ bytes: [UInt8]) {
        var resolver = asking()
        resolver.handle(.datagram(bytes), at: .zero)
        #expect(outputs(&resolver).isEmpty)
        #expect(resolver.deadline != nil)
    }

    @Test func anAnswerThatIsCutShortNeverTraps() {
        let whole = Self.response([(1, [192, 0, 2, 7]), (28, [UInt8](repeating: 1, count: 16))])
        for count in 0..<whole.count {
            var resolver = asking()
            resolver.handle(.datagram(Array(whole[..<count])), at: .zero)
            #expect(outputs(&resolver).isEmpty)
        }
    }

    @Test func itAsksThreeTimesAndGivesUp() throws {
        var resolver = asking()
        var times: [Instant] = []
        while let next = resolver.deadline {
            resolver.handle(.timeout, at: next)
            if !outputs(&resolver).isEmpty { times.append(next) }
        }
        #expect(times == [.zero + .seconds(1), .zero + .seconds(3)])
    }

    @Test(arguments: ["example.com", "a.b.local", "local", ".local", "a.local.", String(repeating: "a", count: 64) + ".local"])
    func otherNamesAreNotAskedFor(_ name: String) {
        var resolver = MDNSResolver()
        resolver.handle(.resolve(name), at: .zero)
        #expect(outputs(&resolver).isEmpty && resolver.deadline == nil)
    }

    @Test func questionsAreBounded() {
        var resolver = MDNSResolver()
        for index in 0..<100 { resolver.handle(.resolve("n\(index).local"), at: .zero) }
        #expect(outputs(&resolver).count == 16)
    }
}
