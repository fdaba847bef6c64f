import SignalingProtocol
import Testing

@Suite struct NameTests {
    @Test(arguments: [
        ("alice", "alice"), ("  alice\t\n", "alice"), ("Ada Lovelace", "Ada Lovelace"), ("a.b_c-9", "a.b_c-9"),
        ("Jose\u{301}", "Jos\u{e9}"), ("Ωμέγα", "Ωμέγα"), ("山田", "山田"), ("\u{0939}\u{093f}", "\u{0939}\u{093f}"),
        ("x", "x"), (String(repeating: "a", count: 32), String(repeating: "a", count: 32)),
        ("\u{a0}x\u{3000}", "x"), ("٣", "٣"),
        // Sixty-four scalars as they come, thirty-two once composed.
        (String(repeating: "e\u{301}", count: 32), String(repeating: "\u{e9}", count: 32)),
    ])
    func accepts(_ raw: String, text: String) throws {
        let name = try Name(raw)
        #expect(Array(name.text.unicodeScalars) == Array(text.unicodeScalars))
    }

    @Test(arguments: [
        "", "   ", "\n", "a\tb", "a\u{a0}b", "<b>", "a/b", "a@b", "😀", "a\u{202e}b", "a\u{200d}b", "\u{1b}[31m", "a\0b", "Ⅷ", "½",
        "x\u{fffd}",
        String(repeating: "a", count: 33), String(repeating: "é", count: 33), "e" + String(repeating: "\u{301}", count: 40),
        String(repeating: "\u{fdfa}", count: 60_000 / 3),
    ])
    func refuses(_ raw: String) {
        #expect(throws: NameError.self) { try Name(raw) }
    }

    @Test(arguments: [
        ("Alice", "aLICE"), ("Straße", "STRASSE"), ("ΟΔΟΣ", "οδος"), ("Jos\u{e9}", "JOSE\u{301}"), ("ΜΆΪΟΣ", "μάϊος"), ("ǆ", "ǅ"),
    ])
    func comparesWithoutCase(_ one: String, _ other: String) throws {
        #expect(try Name(one) == Name(other))
        #expect(try Name(one).hashValue == Name(other).hashValue)
    }

    @Test func tellsDifferentNamesApart() throws {
        #expect(try Name("alice") != Name("alicia"))
        #expect(try Name("jose") != Name("jos\u{e9}"))
        #expect(try Name("a b") != Name("ab"))
    }

    @Test func saysWhatIsWrong() {
        #expect(throws: NameError(reason: "A name has letters, digits, spaces, '.', '_' and '-' only, and no U+001B.")) {
            try Name("a\u{1b}[2J")
        }
        #expect(throws: NameError(reason: "A name has at most 32 characters.")) { try Name(String(repeating: "n", count: 1 << 16)) }
    }

    @Test func identifiers() {
        #expect(Identifier.isValid("Az09_-"))
        #expect(Identifier.isValid(String(repeating: "a", count: 64)))
        for bad in ["", String(repeating: "a", count: 65), "a b", "a.b", "é", "a\0"] { #expect(!Identifier.isValid(bad)) }
        var generator = SystemRandomNumberGenerator()
        let ids = Set((0..<1_000).map { _ in Identifier.random(using: &generator) })
        #expect(ids.count == 1_000)
        #expect(ids.allSatisfy { Identifier.isValid($0) && $0.count == 22 })
    }
}
