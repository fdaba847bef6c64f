import Console
import TerminalIO
import TerminalVideo
import Testing

/// Camera and microphone tried before a call.
@Suite struct PreviewTests {
    @Test func `p shows camera and microphone, and nothing is on after it`() {
        var desk = Desk()
        #expect(desk.text.contains("p preview"))
        desk.press(.character("p"))
        #expect(desk.takeActions() == [.setPreview(isOn: true)])
        #expect(desk.text.contains("Preview") && desk.text.contains("no picture yet") && desk.scene.own == nil)
        desk.handle(.ownPicture(true))
        let picture = desk.scene.own
        #expect(picture.map { $0.columns > 20 && $0.rows > 8 } == true)
        // Nothing lies over it.
        #expect(desk.scene.covers.isEmpty)
        desk.handle(.event(.levels(microphone: -30, speaker: -60)))
        #expect(desk.text.contains("microphone  ####"))
        for key in [Key.escape, .character("p"), .character("q"), .enter] {
            if desk.state.overlay != .preview { desk.press(.character("p")) }
            _ = desk.takeActions()
            desk.press(key)
            #expect(desk.takeActions() == [.setPreview(isOn: false)])
            #expect(desk.state.overlay == .none && desk.scene.own == nil && desk.state.levels == nil && desk.exit == nil)
        }
    }

    @Test func `why there is no picture stands in its place, for as long as there is none`() {
        var desk = Desk()
        desk.handle(.event(.note("somebody came")))
        desk.press(.character("p"))
        let reason = "this machine has no camera: connect one, or choose test, a file or none for video"
        desk.handle(.event(.note(reason)))
        desk.handle(.event(.note("the micro\u{1B}phone \"Yeti\" is gone")))
        desk.wait(.seconds(60))
        #expect(desk.state.note == nil)
        #expect(desk.text.contains("this machine has no camera") && desk.text.contains("the microphone \"Yeti\" is gone"))
        #expect(!desk.text.contains("no picture yet") && !desk.text.contains("somebody came"))
        desk.handle(.ownPicture(true))
        #expect(!desk.text.contains("no camera"))
        desk.press(.escape, .character("p"))
        desk.handle(.ownPicture(false))
        #expect(desk.text.contains("no picture yet"))
    }

    @Test func `sentences are broken between words`() {
        #expect(
            DisplayText.wrapped("the camera is in use by another program", columns: 13) == [
                "the camera is", "in use by", "another", "program",
            ])
        #expect(DisplayText.wrapped("/dev/video-of-a-kind", columns: 8) == ["/dev/vid", "eo-of-a-", "kind"])
        #expect(DisplayText.wrapped("東京 東京", columns: 4) == ["東京", "東京"])
        #expect(DisplayText.wrapped("short", columns: 5) == ["short"])
        #expect(DisplayText.wrapped("", columns: 5) == [] && DisplayText.wrapped("a b", columns: 0) == ["a b"])
    }

    @Test func `a call that rings ends it, before it can be accepted`() {
        var desk = Desk()
        desk.press(.character("p"))
        desk.call(.ringingIn(video: true))
        #expect(desk.takeActions() == [.setPreview(isOn: true), .setPreview(isOn: false)])
        #expect(desk.text.contains("bob is calling you"))
        desk.wait(.seconds(1))
        desk.press(.enter)
        #expect(desk.takeActions() == [.accept(call: "c1", video: true)])
    }

    @Test func `a call that is made ends it, and so does Ctrl-Z`() {
        var desk = Desk()
        desk.press(.character("p"))
        desk.call(.ringingOut)
        #expect(desk.takeActions() == [.setPreview(isOn: true), .setPreview(isOn: false)])
        desk.call(.ended(sentence: "over", outcome: .completed))
        desk.press(.character("p"), .control("z"))
        #expect(desk.takeActions() == [.setPreview(isOn: true), .setPreview(isOn: false), .suspend])
        desk.press(.character("p"), .character("D"))
        #expect(desk.takeActions() == [.setPreview(isOn: true), .setPreview(isOn: false), .listDevices])
    }

    @Test func `in a call there is none`() {
        var desk = Desk()
        desk.call(.connected)
        desk.press(.character("p"))
        desk.press(.character(":"))
        desk.type("preview")
        desk.press(.enter)
        #expect(desk.takeActions() == [])
        #expect(desk.state.overlay == .none)
        desk.call(.ended(sentence: "over", outcome: .completed))
        desk.press(.character(":"))
        desk.type("preview")
        desk.press(.enter)
        #expect(desk.takeActions() == [.setPreview(isOn: true)])
    }

    @Test(arguments: [(20, 5), (30, 8), (40, 12), (60, 16), (80, 24), (300, 80)]) func `it fits every screen`(columns: Int, rows: Int) {
        var desk = Desk(columns: columns, rows: rows)
        desk.press(.character("p"))
        desk.handle(.ownPicture(true))
        desk.handle(.event(.levels(microphone: 0, speaker: 0)))
        if let picture = desk.scene.own {
            #expect(picture.column > 0 && picture.row > 0 && picture.endColumn < columns && picture.endRow < rows - 1)
        }
        #expect(desk.scene.canvas.lines.count == rows)
        #expect(desk.text.contains("microphone"))
    }
}
