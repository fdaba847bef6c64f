import Console
import TerminalIO
import Testing

@Suite struct DeviceChoiceTests {
    private static let choices = [
        DeviceChoice(kind: .camera, name: "/dev/video0", title: "C920  /dev/video0", isCurrent: true),
        DeviceChoice(kind: .camera, name: "/dev/video2", title: "Brio  /dev/video2", isCurrent: false),
        DeviceChoice(kind: .microphone, name: "yeti", title: "Yeti", isCurrent: false),
        DeviceChoice(kind: .microphone, name: "built-in", title: "Built-in", isCurrent: true),
        DeviceChoice(kind: .speaker, name: "headset", title: "Head\u{1B}set", isCurrent: true),
    ]

    private func opened(inCall: Bool = false) -> Desk {
        var desk = Desk()
        if inCall { desk.call(.connected) }
        desk.press(.character("D"))
        #expect(desk.takeActions() == [.listDevices])
        #expect(desk.text.contains("looking for devices"))
        desk.handle(.event(.deviceChoices(Self.choices)))
        return desk
    }

    @Test(arguments: [false, true]) func `D offers cameras, microphones and speakers, Enter uses one`(inCall: Bool) {
        var desk = opened(inCall: inCall)
        #expect(desk.text.contains("> * C920  /dev/video0"))
        #expect(desk.text.contains("  * Built-in"))
        #expect(desk.text.contains("  * Headset"))
        desk.press(.down, .enter)
        #expect(desk.takeActions() == [.use(.camera, name: "/dev/video2")])
        #expect(desk.text.contains("    C920  /dev/video0") && desk.text.contains("> * Brio  /dev/video2"))
        desk.press(.down, .enter)
        #expect(desk.takeActions() == [.use(.microphone, name: "yeti")])
        #expect(desk.text.contains("> * Yeti"))
        #expect(desk.text.contains("    Built-in"))
        #expect(desk.text.contains("  * Headset"))
        desk.press(.down, .down, .down, .character(" "))
        #expect(desk.takeActions() == [.use(.speaker, name: "headset")])
        desk.press(.escape)
        #expect(desk.state.overlay == .none)
        #expect(desk.state.isInCall == inCall)
    }

    @Test func `without devices nothing can be used`() {
        var desk = opened()
        desk.handle(.event(.deviceChoices([])))
        #expect(desk.text.contains("none; connect one"))
        desk.press(.down, .up, .enter)
        #expect(desk.takeActions() == [])
    }

    @Test func `more devices than rows are scrolled through`() {
        var desk = Desk(columns: 60, rows: 16)
        desk.press(.character("D"))
        desk.handle(
            .event(.deviceChoices((0..<200).map { DeviceChoice(kind: .speaker, name: "\($0)", title: "Speaker \($0)", isCurrent: false) })))
        for _ in 0..<100 { desk.press(.down) }
        #expect(desk.text.contains("> "))
        #expect(desk.text.contains("Speaker 39"))
        desk.press(.enter)
        #expect(desk.actions.last == .use(.speaker, name: "39"))
    }

    @Test func `commands name a device`() {
        var desk = Desk()
        desk.press(.character(":"))
        desk.type("speaker headset")
        desk.press(.enter, .character(":"))
        desk.type("mic yeti")
        desk.press(.enter)
        #expect(desk.takeActions() == [.use(.speaker, name: "headset"), .use(.microphone, name: "yeti")])
        desk.press(.character(":"))
        desk.type("speaker")
        desk.press(.enter)
        #expect(desk.takeActions() == [.listDevices])
    }

    @Test func `a camera is named by its path, and adjusted by what it has`() {
        var desk = Desk()
        for (text, action) in [
            ("camera /dev/video2@1280x720", ConsoleAction.use(.camera, name: "/dev/video2@1280x720")),
            ("camera test", .use(.camera, name: "test")), ("camera brightness 50", .adjustCamera(setting: "brightness 50")),
        ] {
            desk.press(.character(":"))
            desk.type(text)
            desk.press(.enter)
            #expect(desk.takeActions() == [action])
        }
    }

    @Test func `in a call the meters show what is said and heard`() {
        var desk = opened(inCall: true)
        desk.handle(.event(.levels(microphone: -30, speaker: 0)))
        #expect(desk.text.contains("microphone  ############------------"))
        #expect(desk.text.contains("speaker     ########################"))
        desk.call(.ended(sentence: "over", outcome: .completed))
        #expect(!desk.text.contains("####"))
    }

    @Test func `speaking into a microphone that is off is told, and only then`() {
        var desk = Desk()
        desk.call(.connected)
        desk.handle(.event(.speechMuted))
        #expect(desk.state.note == nil)
        desk.press(.character("m"))
        desk.handle(.event(.speechMuted))
        #expect(desk.state.note?.text == "nobody hears you: the microphone is off, m switches it on")
        // Once they hear, it is not said any longer; other news stays.
        desk.press(.character("m"))
        #expect(desk.state.note == nil && !desk.text.contains("nobody hears you"))
        desk.press(.character("m"))
        desk.handle(.event(.note("the speaker is now Headset")))
        desk.press(.character("m"))
        #expect(desk.text.contains("the speaker is now Headset"))
    }

    @Test func `the microphone's meter is always to be seen: below the own picture, else in the first line`() {
        var desk = Desk(columns: 100, rows: 30)
        desk.call(.connected)
        desk.handle(.event(.levels(microphone: -30, speaker: -60)))
        #expect(desk.scene.canvas.lines[0].contains("mic ##--"))
        desk.handle(.ownPicture(true))
        #expect(!desk.scene.canvas.lines[0].contains("mic") && desk.text.contains("mic ##--"))
        desk.press(.character("v"))
        #expect(desk.scene.canvas.lines[0].contains("mic ##--"))
        desk.press(.character("m"))
        #expect(!desk.text.contains("mic ##--") && desk.scene.canvas.lines[0].contains("MUTED"))
    }
}
