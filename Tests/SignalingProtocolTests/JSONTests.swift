import SignalingProtocol
import Testing

@Suite struct JSONTests {
    func parse(_ text: String) throws -> JSONValue {
        try JSONValue(parsing: Array(text.utf8))
    }

    func write(_ value: JSONValue) -> String {
        var writer = JSONWriter()
        writer.value(value)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test(arguments: [
        ("null", JSONValue.null), (" true ", .bool(true)), ("false", .bool(false)), ("0", .number(0)), ("-0.5e+2", .number(-50)),
        ("1767225600000", .number(1_767_225_600_000)), ("\"\"", .string("")),
        ("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", .string("a\"\\/\u{8}\u{c}\n\r\t")),
        ("\"\\u00e9\\ud83d\\ude00\"", .string("é😀")), ("\"é😀\"", .string("é😀")), ("[]", .array([])),
        ("[1 ,2]", .array([.number(1), .number(2)])),
        ("{}", .object([:])), ("{\"a\":{\"b\":[null]}}", .object(["a": .object(["b": .array([.null])])])),
    ])
    func parses(_ text: String, value: JSONValue) throws {
        #expect(try parse(text) == value)
        #expect(try parse(write(value)) == value)
    }

    @Test(arguments: ["\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83d\\u0041\"", "\"\\ud83dA\""])
    func loneSurrogatesAreReplaced(_ text: String) throws {
        guard case .string(let string) = try parse(text) else {
            Issue.record("not a string")
            return
        }
        #expect(string.unicodeScalars.first == "\u{fffd}")
        #expect(string.hasSuffix("A") == text.contains("41") || text.contains("A"))
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "nulll", "01", "-", "1.", "1e", ".5", "+1", "0x1", "NaN", "'a'", "\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"",
        "\"a\nb\"", "[", "[1", "[1,", "[,1]", "[1,]", "[1 2]", "]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{a:1}",
        "{\"a\" 1}", "{1:2}",
        "1 2", "{} x", "\u{feff}{}", String(repeating: "9", count: 80), String(repeating: "[", count: 60_000), "[1]]",
        String(repeating: "{\"a\":", count: 33) + "1" + String(repeating: "}", count: 33),
    ])
    func refuses(_ text: String) {
        #expect(throws: JSONError.self) { try parse(text) }
    }

    @Test func refusesWhatIsNotUTF8() {
        for bytes: [UInt8] in [[0x22, 0xff, 0x22], [0x22, 0xc0, 0x80, 0x22], [0x22, 0x5c, 0x6e, 0xed, 0xa0, 0x80, 0x22], [0xff]] {
            #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
        }
    }

    @Test func depth() throws {
        _ = try parse(String(repeating: "[", count: 32) + String(repeating: "]", count: 32))
        #expect(throws: JSONError.self) { try parse(String(repeating: "[", count: 33) + String(repeating: "]", count: 33)) }
    }

    @Test func theLastOfTwoMembersCounts() throws {
        guard case .object(let object) = try parse("{\"a\":1,\"b\":2,\"a\":3}") else {
            Issue.record("not an object")
            return
        }
        #expect(object["a"] == .number(3))
        #expect(object["c"] == nil)
        #expect(object.names == ["a", "b", "a"])
    }

    @Test func writesControlCharactersEscaped() {
        #expect(write(.string("\u{1b}\u{7f}\u{0}\u{1f}\n\"\\")) == "\"\\u001b\u{7f}\\u0000\\u001f\\n\\\"\\\\\"")
        #expect(write(.number(.infinity)) == "null")
        #expect(write(.number(2.5)) == "2.5")
        #expect(write(.number(-3)) == "-3")
    }

    @Test func anyBytesAreReadOrRefused() {
        var random = SeededRandom(state: 7)
        let seeds = [
            "{\"type\":\"join\",\"name\":\"a\\u00e9\"}", "[1,2.5e3,{\"x\":[true,false,null]}]", "\"\\ud83d\\ude00\"",
            "{\"type\":\"candidate\",\"to\":\"x\",\"call\":\"y\",\"candidate\":{\"candidate\":\"\",\"sdpMLineIndex\":0}}",
        ].map { Array($0.utf8) }
        for round in 0..<8_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int(random.next() % 6) {
                let index = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 4 {
                case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.insert(Array("{}[]\",:\\u0e-".utf8)[Int(random.next() % 12)], at: index)
                case 2: bytes.removeSubrange(index...); bytes.append(0x22)
                default: bytes.append(contentsOf: bytes[index...])
                }
            }
            if let value = try? JSONValue(parsing: bytes) {
                var writer = JSONWriter()
                writer.value(value)
                #expect((try? JSONValue(parsing: writer.bytes)) == value)
            }
            _ = try? ClientMessage(json: bytes.span)
            _ = try? ServerMessage(json: bytes.span)
        }
    }
}

/// SplitMix64, so that a failure can be had again.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
