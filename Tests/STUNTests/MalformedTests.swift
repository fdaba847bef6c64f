import STUN
import Testing
import Wire

@Suite struct MalformedTests {
    @Test("Every prefix of a message is refused")
    func prefixes() {
        for count in 0..<Vectors.request.count {
            #expect(throws: STUNParsingError.self) { try STUNMessage(parsing: Array(Vectors.request.prefix(count))) }
        }
    }

    @Test("Bytes behind the message are refused")
    func trailing() {
        #expect(throws: STUNParsingError.wrongLength) { try STUNMessage(parsing: Vectors.request + [0, 0, 0, 0]) }
    }

    @Test("First bits and magic cookie decide what is STUN")
    func notSTUN() {
        var bytes = Vectors.request
        bytes[0] = 0x80
        #expect(throws: STUNParsingError.notSTUN) { try STUNMessage(parsing: bytes) }
        #expect(!STUNMessage.isSTUN(bytes))
        bytes = Vectors.request
        bytes[4] = 0
        #expect(throws: STUNParsingError.notSTUN) { try STUNMessage(parsing: bytes) }
        #expect(STUNMessage.isSTUN(Vectors.request))
        #expect(!STUNMessage.isSTUN([0, 1]))
    }

    @Test("A length that is no multiple of four is refused")
    func unaligned() {
        var bytes = Vectors.request + [0]
        bytes[3] += 1
        #expect(throws: STUNParsingError.wrongLength) { try STUNMessage(parsing: bytes) }
    }

    @Test("An attribute longer than the message is refused")
    func overlongAttribute() {
        var bytes = Vectors.requestLongTerm
        bytes[22] = 0xff
        #expect(throws: STUNParsingError.truncated) { try STUNMessage(parsing: bytes) }
    }

    @Test("More than 64 attributes are refused")
    func tooManyAttributes() throws {
        var random = RandomSource.seeded(1)
        var message = STUNMessage(.request, transactionID: .init(random: &random))
        message.attributes = Array(repeating: .useCandidate, count: 64)
        _ = try STUNMessage(parsing: message.encoded(fingerprint: false))
        #expect(throws: STUNParsingError.tooManyAttributes) { try STUNMessage(parsing: message.encoded(fingerprint: true)) }
    }

    @Test("FINGERPRINT must be the last attribute")
    func fingerprintLast() {
        var bytes = Vectors.request + [0x80, 0x22, 0, 0]
        bytes[3] += 4
        #expect(throws: STUNParsingError.wrongFingerprint) { try STUNMessage(parsing: bytes) }
    }

    @Test("Changed, cut and lengthened messages never trap", arguments: 0..<20 as Range<UInt64>)
    func mutations(seed: UInt64) {
        var random = RandomSource.seeded(seed)
        let originals = [
            Vectors.request, Vectors.responseIPv4, Vectors.responseIPv6, Vectors.requestLongTerm, Vectors.requestLongTermSHA256,
        ]
        for _ in 0..<2000 {
            var bytes = originals.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                switch Int.random(in: 0..<5, using: &random) {
                case 0 where !bytes.isEmpty: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
                case 1: bytes += random.bytes(Int.random(in: 1...40, using: &random))
                case 2 where bytes.count > 4:
                    let length = UInt16(truncatingIfNeeded: bytes.count - 20)
                    bytes[2] = UInt8(length >> 8)
                    bytes[3] = UInt8(truncatingIfNeeded: length)
                default:
                    guard let index = bytes.indices.randomElement(using: &random) else { continue }
                    bytes[index] = UInt8.random(in: 0...255, using: &random)
                }
            }
            guard let message = try? STUNMessage(parsing: bytes) else { continue }
            _ = message.verify(.shortTerm(password: "x"))
            _ = message.verify(.sha256(key: [1]))
            _ = (message.username, message.realm, message.nonce, message.software, message.errorCode, message.unknownAttributes)
            _ = (message.mappedAddress, message.priority, message.userHash, message.iceControlled, message.unknownRequiredAttributes())
            _ = message.encoded(integrity: [.sha1(key: [1])])
        }
    }
}
