import TerminalIO
import Testing

@Suite struct InputParserTests {
    let start = ContinuousClock.now

    /// What `text` becomes when it arrives at once, and then nothing for a while.
    func events(_ text: String, keys: [[UInt8]: Key] = [:]) -> [InputParser.Event] {
        var parser = InputParser(keys: keys)
        parser.handle(Array(text.utf8), at: start)
        parser.handleTimeout(at: start + .seconds(10))
        return drain(&parser)
    }

    func drain(_ parser: inout InputParser) -> [InputParser.Event] {
        var events: [InputParser.Event] = []
        while let event = parser.nextEvent() { events.append(event) }
        return events
    }

    @Test(arguments: [
        ("a", Key.character("a")), ("é", .character("é")), ("日", .character("日")), ("😀", .character("😀")), ("\r", .enter), ("\n", .enter),
        ("\t", .tab), ("\u{7F}", .backspace), ("\u{8}", .backspace), ("\u{3}", .control("c")), ("\u{1A}", .control("z")),
        ("\u{C}", .control("l")), ("\u{1C}", .control("\\")), ("\u{0}", .control("@")), ("\u{1B}[A", .up), ("\u{1B}OA", .up),
        ("\u{1B}[1;5B", .down), ("\u{1B}[5~", .pageUp), ("\u{1B}[6;2~", .pageDown), ("\u{1B}[Z", .backTab), ("\u{1B}OP", .function(1)),
        ("\u{1B}[11~", .function(1)), ("\u{1B}[[A", .function(1)), ("\u{1B}[24~", .function(12)), ("\u{1B}x", .alt("x")),
        ("\u{1B}", .escape),
    ])
    func keys(text: String, key: Key) {
        #expect(events(text) == [.key(key)])
    }

    @Test func terminfoKeysComeFirst() {
        #expect(events("\u{1B}[A", keys: [Array("\u{1B}[A".utf8): .pageUp]) == [.key(.pageUp)])
        #expect(events("\u{1B}[=7q", keys: [Array("\u{1B}[=7q".utf8): .delete]) == [.key(.delete)])
    }

    @Test func keysThatComeTogetherStaySeparate() {
        #expect(events("jk\u{1B}[Aq") == [.key(.character("j")), .key(.character("k")), .key(.up), .key(.character("q"))])
        #expect(events("\u{1B}\u{1B}[A") == [.key(.escape), .key(.up)])
    }

    @Test(arguments: [
        ("\u{1B}[?62;4;22c", TerminalReply.primaryAttributes([62, 4, 22])), ("\u{1B}[?2026;2$y", .mode(2026, state: 2)),
        ("\u{1B}[?2026;0$y", .mode(2026, state: 0)), ("\u{1B}[0n", .status), ("\u{1B}P>|kitty(0.35.2)\u{1B}\\", .version("kitty(0.35.2)")),
        ("\u{1B}P1+r524742=38\u{1B}\\", .capability("RGB", isPresent: true)), ("\u{1B}P1+r5463\u{7}", .capability("Tc", isPresent: true)),
        ("\u{1B}P0+r524742\u{1B}\\", .capability("RGB", isPresent: false)), ("\u{1B}[>41;380;0c", .secondaryAttributes([41, 380, 0])),
        ("\u{1B}_Gi=31;OK\u{1B}\\", .kittyGraphics(isSupported: true)),
        ("\u{1B}_Gi=31;EINVAL:no images\u{1B}\\", .kittyGraphics(isSupported: false)),
        ("\u{1B}[4;768;1024t", .textAreaSize(width: 1024, height: 768)), ("\u{1B}[6;16;8t", .cellSize(width: 8, height: 16)),
    ])
    func repliesAreNoKeysHoweverTheyAreTorn(text: String, reply: TerminalReply) {
        let bytes = Array(text.utf8)
        #expect(events(text) == [.reply(reply)])
        for split in 1..<bytes.count {
            var parser = InputParser()
            parser.expectReplies(until: start + .seconds(5))
            parser.handle(bytes[..<split], at: start)
            // A slow line: the rest comes a quarter of a second later.
            let later = start + .milliseconds(250)
            parser.handleTimeout(at: later)
            parser.handle(bytes[split...], at: later)
            #expect(drain(&parser) == [.reply(reply)])
        }
    }

    @Test func aReplyThatNeverEndsBecomesNoKeys() {
        for text in ["\u{1B}[?62;", "\u{1B}P1+r5247", "\u{1B}]11;rgb:", "\u{1B}[?2026$"] {
            #expect(events(text) == [])
            var parser = InputParser()
            parser.handle(Array(text.utf8), at: start)
            // The sequence is forgotten; what comes then are keys again.
            parser.handle(Array("q".utf8), at: start + .seconds(10))
            #expect(drain(&parser) == [.key(.character("q"))])
        }
    }

    @Test func escapeIsToldSoonUnlessRepliesAreExpected() {
        var parser = InputParser()
        parser.handle([0x1B], at: start)
        #expect(parser.deadline == start + InputParser.escapeDelay)
        parser.handleTimeout(at: start + .milliseconds(24))
        #expect(parser.nextEvent() == nil)
        parser.handleTimeout(at: start + .milliseconds(25))
        #expect(parser.nextEvent() == .key(.escape))
        #expect(parser.deadline == nil)

        parser.expectReplies(until: start + .seconds(5))
        parser.handle([0x1B], at: start)
        #expect(parser.deadline == start + InputParser.escapeDelayDuringProbe)
        parser.handleTimeout(at: start + .seconds(1))
        _ = parser.nextEvent()

        // DA1 is the last reply: after it, all is as before.
        parser.handle(Array("\u{1B}[?6c".utf8), at: start)
        parser.handle([0x1B], at: start)
        #expect(parser.deadline == start + InputParser.escapeDelay)
    }

    @Test func pastedTextIsNoKeysAndLosesControlCharacters() {
        #expect(events("\u{1B}[200~q\r\u{3}e\u{1B}[31mx\u{1B}[201~y") == [.paste("qe[31mx"), .key(.character("y"))])
    }

    @Test func pastesAreBounded() {
        var parser = InputParser()
        parser.handle(Array("\u{1B}[200~".utf8), at: start)
        for _ in 0..<200 { parser.handle([UInt8](repeating: 0x61, count: 1000), at: start) }
        parser.handle(Array("\u{1B}[201~".utf8), at: start)
        parser.handleTimeout(at: start + .seconds(10))
        guard case .paste(let text)? = parser.nextEvent() else {
            Issue.record("no paste")
            return
        }
        #expect(text.utf8.count <= 65_536)
    }

    @Test func brokenUTF8IsDropped() {
        var parser = InputParser()
        parser.handle([0xC3, 0x61, 0xFF, 0x80, 0xE6, 0x97, 0x62, 0xC0, 0x80, 0xED, 0xA0, 0x80, 0x63], at: start)
        #expect(drain(&parser) == [.key(.character("a")), .key(.character("b")), .key(.character("c"))])
    }

    @Test func noiseNeitherTrapsNorGrows() {
        var state: UInt64 = 1
        var parser = InputParser()
        var now = start
        for round in 0..<20_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let pick = state >> 33
            let interesting = Array("\u{1B}[P]O?;$0123456789~cynRM\\+r=>|\u{7}\u{18}".utf8)
            let byte = pick % 3 == 0 ? UInt8(truncatingIfNeeded: pick >> 8) : interesting[Int(pick >> 8) % interesting.count]
            parser.handle([byte], at: now)
            if round % 7 == 0 { now = now + .milliseconds(Int(pick % 400)) }
            while parser.nextEvent() != nil {}
        }
        parser.handleTimeout(at: now + .seconds(10))
        _ = drain(&parser)
        parser.handle(Array("z".utf8), at: now + .seconds(20))
        #expect(parser.nextEvent() == .key(.character("z")))
    }
}
