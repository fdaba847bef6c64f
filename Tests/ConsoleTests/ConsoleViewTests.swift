import Console
import TerminalIO
import TerminalVideo
import Testing

@Suite struct ConsoleViewTests {
    static let sizes = [(80, 24), (60, 16), (40, 12), (100, 30), (20, 5), (19, 4), (10, 3), (1, 1), (150, 5), (20, 40)]

    /// A desk in many states.
    static func desks(_ columns: Int, _ rows: Int, isUTF8: Bool) -> [(String, Desk)] {
        func desk(_ change: (inout Desk) -> Void) -> Desk {
            var desk = Desk(columns: columns, rows: rows, isUTF8: isUTF8)
            change(&desk)
            return desk
        }
        return [
            ("offline", Desk(columns: columns, rows: rows, isUTF8: isUTF8, online: false)),
            ("roster", desk { _ in }),
            ("empty", desk { $0.handle(.event(.roster([]))) }),
            ("crowd", desk { $0.handle(.event(.roster((0..<500).map { PeerRow(id: "\($0)", name: "日本語の名前 \($0)", since: 0) }))) }),
            ("help", desk { $0.press(.character("?")) }),
            ("looking for devices", desk { $0.press(.character("D")) }),
            (
                "devices",
                desk {
                    $0.call(.connected)
                    $0.press(.character("D"))
                    $0.handle(
                        .event(
                            .deviceChoices(
                                (0..<60).map {
                                    DeviceChoice(
                                        kind: $0 < 30 ? .microphone : .speaker, name: "\($0)", title: "音 \($0)", isCurrent: $0 == 20)
                                })))
                    $0.handle(.event(.levels(microphone: -20, speaker: -60)))
                }
            ),
            ("preview", desk { $0.press(.character("p")) }),
            (
                "preview with a picture",
                desk {
                    $0.press(.character("p"))
                    $0.handle(.ownPicture(true))
                    $0.handle(.event(.levels(microphone: -20, speaker: -60)))
                }
            ),
            ("typing", desk { $0.press(.character(":"), .character("x")) }),
            ("incoming", desk { $0.call(.ringingIn(video: true)) }),
            ("calling", desk { $0.call(.ringingOut) }),
            ("connecting", desk { $0.call(.connecting) }),
            ("waiting", desk { $0.call(.connected) }),
            (
                "talking",
                desk {
                    $0.call(.connected)
                    $0.handle(.remotePicture(true))
                    $0.handle(.ownPicture(true))
                    $0.handle(
                        .event(.statistics(ConsoleStatistics(roundTripMilliseconds: 78, lossFraction: 0.003, details: [("in", "VP8")]))))
                    $0.handle(.event(.note("the network changed")))
                    $0.press(.character("n"))
                }
            ),
            (
                "full",
                desk {
                    $0.call(.connected)
                    $0.handle(.remotePicture(true))
                    $0.press(.character("z"), .character("q"))
                }
            ),
        ]
    }

    @Test(arguments: sizes)
    func everyStateFitsEveryScreen(columns: Int, rows: Int) {
        for isUTF8 in [true, false] {
            for (name, desk) in Self.desks(columns, rows, isUTF8: isUTF8) {
                let scene = desk.scene
                let screen = CellRect(column: 0, row: 0, columns: columns, rows: rows)
                for rect in [CellRect?](arrayLiteral: scene.remote, scene.own).compactMap({ $0 }) {
                    #expect(rect.intersection(screen) == rect, "\(name)")
                    #expect(!rect.isEmpty, "\(name)")
                }
                for line in scene.canvas.lines {
                    #expect(DisplayText.width(line) <= columns, "\(name)")
                    if !isUTF8 { #expect(line.unicodeScalars.allSatisfy { $0.isASCII }, "\(name)") }
                }
                // Cells that are given to a picture are marked as such, all others are not.
                for row in 0..<rows {
                    for column in 0..<columns {
                        let isPicture = scene.canvas[column, row].style == .picture
                        let isOwn = scene.own?.contains(column: column, row: row) ?? false
                        let isCovered = (isOwn ? scene.covers : scene.remoteCovers).contains { $0.contains(column: column, row: row) }
                        let isGiven = isOwn || (scene.remote?.contains(column: column, row: row) ?? false)
                        #expect(isPicture == (isGiven && !isCovered), "\(name) \(column),\(row)")
                    }
                }
            }
        }
    }

    @Test func theIdleScreenSaysWhoIsThereAndWhatCanBeDone() {
        let desk = Desk()
        let lines = desk.scene.canvas.lines
        #expect(lines[0].hasPrefix(" glyphone  lobby @ calls.example.org"))
        #expect(lines[0].contains("alice: available"))
        #expect(lines[0].hasSuffix("00:02"))
        #expect(lines[1].contains("People: 3 online"))
        #expect(lines[2].contains("> bob        available"))
        #expect(lines[23].contains("Enter call"))
        #expect(lines[23].contains("? help"))
    }

    @Test func anEmptyRosterSaysWhatToDoNext() {
        var desk = Desk()
        desk.handle(.event(.roster([])))
        #expect(desk.text.contains("Nobody else is here yet."))
        #expect(desk.text.contains("glyphone --server URL"))
        #expect(!desk.text.contains("Enter call"))
    }

    @Test func aLostServerIsSaid() {
        var desk = Desk()
        desk.handle(.event(.disconnected(reason: "connection refused")))
        #expect(desk.text.contains("no server (connection refused), trying again"))
    }

    @Test(arguments: [(80, 24), (60, 16), (40, 12)])
    func anIncomingCallSaysItsKeys(columns: Int, rows: Int) {
        var desk = Desk(columns: columns, rows: rows)
        desk.call(.ringingIn(video: true), peer: "carol")
        desk.wait(.seconds(6))
        for text in ["carol", "with video", "ringing 0:06", "accept", "decline", "silence"] {
            #expect(desk.text.contains(text), "\(text)")
        }
    }

    @Test(arguments: [(SentPicture.reduced, "video reduced"), (.paused, "video paused")])
    func theStatusLineSaysWhatTheLineDoesToOurPicture(sent: SentPicture, text: String) {
        var desk = Desk(columns: 100)
        desk.call(.connected)
        desk.handle(.event(.statistics(ConsoleStatistics(roundTripMilliseconds: 78))))
        #expect(!desk.scene.canvas.lines[0].contains("video "))
        desk.handle(.event(.statistics(ConsoleStatistics(roundTripMilliseconds: 78, sentPicture: sent))))
        #expect(desk.scene.canvas.lines[0].contains(text))
        #expect(desk.text.contains("video paused: the line is slow") == (sent == .paused))
        desk.handle(.event(.statistics(ConsoleStatistics(roundTripMilliseconds: 78))))
        #expect(!desk.scene.canvas.lines[0].contains("video "))
    }

    @Test func theStatusLineSaysHowTheCallGoes() {
        var desk = Desk(columns: 100)
        desk.call(.connected)
        desk.handle(
            .event(
                .statistics(
                    ConsoleStatistics(roundTripMilliseconds: 78.4, lossFraction: 0.0034, receivedKilobitsPerSecond: 420, isRelayed: true))))
        desk.wait(.seconds(252))
        let line = desk.scene.canvas.line(0)
        for text in ["bob  0:04:12", "relayed", "not verified", "good  ||||  78 ms  0.3% lost  420 kbit/s"] {
            #expect(line.contains(text), "\(text) in \(line)")
        }
        desk.press(.character("m"), .character("v"))
        #expect(desk.scene.canvas.line(0).contains("MUTED  camera off"))
        desk.call(.reconnecting)
        #expect(desk.scene.canvas.line(0).contains("RECONNECTING"))
    }

    @Test func aTinyCallSaysTheMost() {
        var desk = Desk(columns: 40, rows: 12)
        desk.call(.connected)
        desk.handle(.event(.statistics(ConsoleStatistics(roundTripMilliseconds: 78, lossFraction: 0.003))))
        desk.wait(.seconds(252))
        #expect(desk.scene.canvas.line(0).hasPrefix("bob 4:12"))
        #expect(desk.scene.canvas.line(0).hasSuffix("good 78ms 0.3%"))
        #expect(desk.scene.canvas.line(11).contains("m mute"))
    }

    @Test func callsGoOnInTheSmallestWindow() {
        var desk = Desk(columns: 19, rows: 4)
        desk.call(.connected)
        desk.handle(.remotePicture(true))
        desk.wait(.seconds(65))
        #expect(desk.scene.canvas.lines == ["bob 1:05 e ends", "", "", ""])
        desk.press(.character("e"))
        #expect(desk.takeActions() == [.hangUp(call: "c1")])
    }

    @Test func qualityIsAWord() {
        func word(_ delay: Double?, _ loss: Double?) -> String? {
            ConsoleView.quality(ConsoleStatistics(roundTripMilliseconds: delay, lossFraction: loss))?.word
        }
        #expect(word(nil, 0.5) == nil)
        #expect(word(78, nil) == "good")
        #expect(word(78, 0.03) == "fair")
        #expect(word(300, 0) == "fair")
        #expect(word(78, 0.2) == "poor")
        #expect(word(900, 0) == "poor")
    }

    @Test func wideCharactersTakeTwoCells() {
        #expect(DisplayText.width("日本") == 4)
        #expect(DisplayText.width("e\u{301}") == 1)
        #expect(DisplayText.width("😀") == 2)
        #expect(DisplayText.fitted("日本語", columns: 5) == "日本")
        var canvas = Canvas(columns: 5, rows: 1, isUTF8: true)
        canvas.put("日本語", column: 0, row: 0)
        #expect(canvas.line(0) == "日本")
    }
}
