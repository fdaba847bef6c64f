import STUN
import Testing
import Wire

@Suite struct MessageTests {
    var random = RandomSource.seeded(1)

    @Test("Every class and method survives the wire")
    mutating func classesAndMethods() throws {
        for messageClass in [STUNMessage.Class.request, .indication, .successResponse, .errorResponse] {
            for method in [0x001, 0x003, 0x00f, 0x010, 0x07f, 0x080, 0xabc, 0xfff] as [UInt16] {
                let id = STUNTransactionID(random: &random)
                let message = STUNMessage(messageClass, method: STUNMessage.Method(rawValue: method), transactionID: id)
                let parsed = try STUNMessage(parsing: message.encoded())
                #expect(parsed.messageClass == messageClass)
                #expect(parsed.method.rawValue == method)
                #expect(parsed.transactionID == id)
            }
        }
    }

    @Test("A Binding request has type 0x0001, its success 0x0101, its error 0x0111")
    mutating func types() {
        let id = STUNTransactionID(random: &random)
        #expect(STUNMessage(.request, transactionID: id).encoded().prefix(2) == [0x00, 0x01])
        #expect(STUNMessage(.indication, transactionID: id).encoded().prefix(2) == [0x00, 0x11])
        #expect(STUNMessage(.successResponse, transactionID: id).encoded().prefix(2) == [0x01, 0x01])
        #expect(STUNMessage(.errorResponse, transactionID: id).encoded().prefix(2) == [0x01, 0x11])
    }

    @Test("Attributes survive the wire, unknown ones too, whatever their length")
    mutating func attributes() throws {
        let id = STUNTransactionID(random: &random)
        let v4 = TransportAddress(ip: .v4(0xc000_0201), port: 1)
        let v6 = TransportAddress(ip: .v6(0x2001_0db8_0000_0000, 7), port: 65535)
        var message = STUNMessage(.errorResponse, transactionID: id)
        message.attributes = [
            .username("a:b"), .realm("r"), .nonce("n"), .software("s"), .priority(7), .useCandidate, .iceControlled(tieBreaker: 1),
            .iceControlling(tieBreaker: .max), .errorCode(.roleConflict), .unknownAttributes([.priority, .init(rawValue: 0x7fff)]),
            .xorMappedAddress(v6, transactionID: id), .mappedAddress(v4), .init(.init(rawValue: 0xc057), [0, 1, 2]),
        ]
        for length in 0..<9 { message.attributes.append(.init(.init(rawValue: 0x9000), Array(repeating: 0xaa, count: length))) }
        let parsed = try STUNMessage(parsing: message.encoded(integrity: [.sha1(key: [1]), .sha256(key: [2])]))
        #expect(parsed.attributes == message.attributes)
        #expect(parsed.username == "a:b")
        #expect(parsed.iceControlling == .max)
        #expect(parsed.iceControlled == 1)
        #expect(parsed.useCandidate)
        #expect(parsed.errorCode == .roleConflict)
        #expect(parsed.unknownAttributes?.map(\.rawValue) == [0x0024, 0x7fff])
        #expect(parsed.mappedAddress == v6)
        #expect(parsed.verify(.sha1(key: [1])))
        #expect(parsed.verify(.sha256(key: [2])))
        #expect(!parsed.verify(.sha1(key: [2])))
        #expect(!parsed.verify(.sha256(key: [1])))
        #expect(!message.verify(.sha1(key: [1])), "what was never received cannot be verified")
    }

    @Test("MAPPED-ADDRESS counts where XOR-MAPPED-ADDRESS is missing")
    mutating func mappedAddress() {
        let address = TransportAddress(ip: .v4(0x0a00_0001), port: 5000)
        let message = STUNMessage(.successResponse, transactionID: .init(random: &random), attributes: [.mappedAddress(address)])
        #expect(message.mappedAddress == address)
    }

    @Test("Comprehension-required attributes that are not known are named, optional ones are not")
    mutating func unknownAttributes() throws {
        var message = STUNMessage(.request, transactionID: .init(random: &random))
        message.attributes = [.priority(1), .init(.init(rawValue: 0x0033), []), .init(.init(rawValue: 0xc057), [0, 0, 3, 231])]
        let parsed = try STUNMessage(parsing: message.encoded())
        #expect(parsed.unknownRequiredAttributes().map(\.rawValue) == [0x0033])
    }

    @Test("Texts longer than RFC 8489 allows, or not UTF-8, are as good as missing")
    mutating func boundedTexts() {
        var message = STUNMessage(.request, transactionID: .init(random: &random))
        message.attributes = [
            .username(String(repeating: "u", count: 509)), .realm(String(repeating: "r", count: 764)), .init(.nonce, [0xff, 0xfe]),
            .init(.software, Array(repeating: 0x73, count: 763)),
        ]
        #expect(message.username == nil)
        #expect(message.realm == nil)
        #expect(message.nonce == nil)
        #expect(message.software?.count == 763)
        message.attributes = [.username(String(repeating: "u", count: 508))]
        #expect(message.username?.count == 508)
    }

    @Test("Error codes outside 300...699 are none", arguments: [[0, 0, 2, 99], [0, 0, 7, 0], [0, 0, 4, 100], [0, 0, 4]] as [[UInt8]])
    mutating func errorCodes(value: [UInt8]) {
        let message = STUNMessage(.errorResponse, transactionID: .init(random: &random), attributes: [.init(.errorCode, value)])
        #expect(message.errorCode == nil)
    }

    @Test("What stands behind MESSAGE-INTEGRITY is ignored")
    mutating func attributesBehindIntegrity() throws {
        let id = STUNTransactionID(random: &random)
        let authenticated = STUNMessage(.request, transactionID: id, attributes: [.priority(1)])
            .encoded(integrity: [.sha1(key: [1])], fingerprint: false)
        // USE-CANDIDATE slipped in behind: the header's length grows, the integrity stays.
        var bytes = authenticated + [0x00, 0x25, 0x00, 0x00]
        bytes[3] += 4
        let parsed = try STUNMessage(parsing: bytes)
        #expect(!parsed.useCandidate)
        #expect(parsed.verify(.sha1(key: [1])))
    }

    @Test("A changed bit is found by the FINGERPRINT or by the integrity")
    mutating func changedBits() {
        let id = STUNTransactionID(random: &random)
        let bytes = STUNMessage(.request, transactionID: id, attributes: [.username("a:b"), .priority(1)])
            .encoded(integrity: [.sha1(key: [1])])
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << UInt8(bit)
                guard let parsed = try? STUNMessage(parsing: changed) else { continue }
                // A changed attribute type may hide FINGERPRINT or the integrity; then there is none.
                #expect(!parsed.hasFingerprint, "byte \(index) bit \(bit)")
            }
        }
    }

    @Test("SHA-256 integrity cut to 16 bytes is accepted, to 12 it is not", arguments: [(16, true), (20, true), (28, true), (12, false)])
    mutating func truncatedIntegrity(length: Int, isAccepted: Bool) throws {
        let message = STUNMessage(.request, transactionID: .init(random: &random), attributes: [.priority(1)])
        let bytes = message.encoded(integrity: [], fingerprint: false)
        // The code is computed over a header that counts the cut attribute.
        let full = try #require(STUNIntegrityCode.sha256(key: [9], bytes: bytes, length: length))
        var cut = bytes + [0x00, 0x1c, 0x00, UInt8(length)] + full.prefix(length)
        cut[3] = UInt8(cut.count - 20)
        #expect(try STUNMessage(parsing: cut).verify(.sha256(key: [9])) == isAccepted)
    }
}
