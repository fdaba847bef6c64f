import Console
import TestEmulators
import Testing

/// What is left out changes nothing that is seen.
@Suite struct LeanSequencesTests {
    /// Words in styles as ncurses writes them: charset, attributes and colours set and taken back around each, erasing in colours, moves.
    static func writing(seed: UInt32) -> [UInt8] {
        var state = seed &* 2_654_435_761 &+ 1
        func pick(_ count: UInt32) -> Int {
            state = state &* 1_664_525 &+ 1_013_904_223
            return Int((state >> 16) % count)
        }
        var text = ""
        for _ in 0..<200 {
            switch pick(12) {
            case 0: text += "\u{1B}(B\u{1B}[m"
            case 1: text += "\u{1B}[39;49m\u{1B}(B\u{1B}[m"
            case 2: text += "\u{1B}(B\u{1B}[0;\([1, 7, 4][pick(3)])m"
            case 3: text += "\u{1B}[3\(pick(8))m"
            case 4: text += "\u{1B}[4\(pick(8))m"
            case 5: text += "\u{1B}[\([38, 48][pick(2)]);5;\(pick(256))m"
            case 6: text += "\u{1B}[39m"
            case 7: text += "\u{1B}[\([1, 22, 7, 27, 49, 97, 104][pick(7)])m"
            case 8: text += "\u{1B}[\(1 + pick(10));\(1 + pick(40))H"
            case 9: text += "\u{1B}[\(1 + pick(12))X"
            case 10: text += ["\r\n", "\u{1B}[K", "\u{1B}[2C", "\u{8}"][pick(4)]
            default: text += ["word", "─│┌", " ", "é"][pick(4)]
            }
        }
        return Array(text.utf8)
    }

    func expectSame(_ left: LibVTerm, _ right: LibVTerm, _ what: String) {
        for row in 0..<left.rows {
            for column in 0..<left.columns {
                let (one, other) = (left.cell(column, row), right.cell(column, row))
                let isSame =
                    one.character == other.character && one.foreground == other.foreground && one.background == other.background
                    && left.attributes(column, row) == right.attributes(column, row)
                #expect(isSame, "\(what), \(column),\(row): \(one), \(other)")
            }
        }
    }

    @Test(arguments: 1...40) func `A terminal shows the same, of fewer bytes`(seed: UInt32) {
        let plain = LibVTerm(columns: 50, rows: 12)
        let lean = LibVTerm(columns: 50, rows: 12)
        var shortener = LeanSequences()
        var counts = (plain: 0, lean: 0)
        // In several frames: what was set in one holds in the next.
        for part in 0..<3 {
            let bytes = Self.writing(seed: seed * 7 + UInt32(part))
            let fewer = shortener.shortened(bytes)
            plain.feed(bytes)
            lean.feed(fewer)
            counts.plain += bytes.count
            counts.lean += fewer.count
        }
        expectSame(plain, lean, "seed \(seed)")
        #expect(counts.lean < counts.plain)
    }

    @Test func `After someone else wrote, everything is named anew`() {
        var shortener = LeanSequences()
        let red = Array("\u{1B}[31mred".utf8)
        _ = shortener.shortened(red)
        let second = shortener.shortened(red)
        #expect(second == Array("red".utf8))
        shortener.forget()
        let again = String(decoding: shortener.shortened(red), as: UTF8.self)
        #expect(again.hasSuffix("\u{1B}[0;31mred"))
    }

    @Test func `Sequences that it does not know pass as they are`() {
        var shortener = LeanSequences()
        for text in ["\u{1B}[?25l\u{1B}[58;5;3mx\u{1B}7y\u{1B}8", "\u{1B}", "\u{1B}[12"] {
            let bytes = Array(text.utf8)
            let passed = shortener.shortened(bytes)
            #expect(passed == bytes)
        }
    }
}
