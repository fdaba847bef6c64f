import Console
import TerminalIO
import TerminalVideo
import Testing

/// A console without a terminal, in a time of its own.
struct Desk {
    var model: ConsoleModel
    var now = ContinuousClock.now
    var actions: [ConsoleAction] = []
    var bells = 0
    var titles: [String] = []
    var notifications: [String] = []
    var exit: ConsoleExit?
    var redraws = 0
    var suspensions = 0

    init(columns: Int = 80, rows: Int = 24, isUTF8: Bool = true, online: Bool = true) {
        var state = ConsoleState(size: TerminalSize(columns: columns, rows: rows), isUTF8: isUTF8)
        state.wallClock = WallTime(unixSeconds: 1_767_225_720, offset: 0)
        model = ConsoleModel(state: state)
        guard online else { return }
        handle(.event(.connected(name: "alice", room: "lobby", server: "calls.example.org")))
        handle(
            .event(
                .roster([PeerRow(id: "1", name: "bob"), PeerRow(id: "2", name: "carol"), PeerRow(id: "3", name: "dave", status: .away)])))
    }

    var state: ConsoleState { model.state }
    var scene: Scene { ConsoleView.scene(of: model.state, at: now) }
    var text: String { scene.canvas.lines.joined(separator: "\n") }

    mutating func handle(_ input: ConsoleModel.Input) {
        model.handle(input, at: now)
        while let output = model.nextOutput() {
            switch output {
            case .action(let action): actions.append(action)
            case .bell: bells += 1
            case .title(let text): titles.append(text)
            case .notification(let text): notifications.append(text)
            case .redraw: redraws += 1
            case .suspend: suspensions += 1
            case .exit(let exit): self.exit = exit
            }
        }
    }

    mutating func press(_ keys: Key...) {
        for key in keys { handle(.key(key)) }
    }

    mutating func type(_ text: String) {
        for character in text { handle(.key(.character(character))) }
    }

    /// Lets time pass, with every timeout that falls due.
    mutating func wait(_ duration: Duration) {
        let end = now + duration
        while let due = model.deadline(after: now), due <= end {
            now = max(now, due)
            handle(.timeout)
        }
        now = end
    }

    mutating func call(_ state: CallUpdate.State, id: String = "c1", peer: String = "bob") {
        handle(.event(.call(CallUpdate(id: id, peerName: peer, state: state))))
    }

    mutating func takeActions() -> [ConsoleAction] {
        defer { actions = [] }
        return actions
    }
}

@Suite struct ConsoleModelTests {
    @Test func enterCallsWhoIsChosen() {
        var desk = Desk()
        desk.press(.down, .enter)
        #expect(desk.takeActions() == [.call(peer: "2", video: true)])
        desk.press(.character("k"), .character("a"))
        #expect(desk.takeActions() == [.call(peer: "1", video: false)])
    }

    @Test func theChoiceStaysOnThePersonWhenOthersComeAndGo() {
        var desk = Desk()
        desk.press(.down)
        desk.handle(.event(.roster([PeerRow(id: "9", name: "abe"), PeerRow(id: "2", name: "carol")])))
        #expect(desk.state.chosen?.name == "carol")
        desk.handle(.event(.roster([PeerRow(id: "9", name: "abe")])))
        #expect(desk.state.chosen?.name == "abe")
        desk.handle(.event(.roster([])))
        #expect(desk.state.chosen == nil)
        desk.press(.enter, .down, .up, .pageDown, .home, .end)
        #expect(desk.takeActions() == [])
        #expect(desk.state.note?.text.contains("nobody to call") == true)
    }

    @Test func nobodyIsCalledWithoutAServer() {
        var desk = Desk(online: false)
        desk.handle(.event(.connecting(server: "ws://localhost:1")))
        desk.press(.enter)
        #expect(desk.takeActions() == [])
        #expect(desk.state.note != nil)
    }

    @Test func anIncomingCallRingsEveryTwoSecondsUntilSilenced() {
        var desk = Desk()
        desk.call(.ringingIn(video: true), peer: "carol")
        #expect(desk.bells == 1)
        desk.wait(.milliseconds(1900))
        #expect(desk.bells == 1)
        desk.wait(.milliseconds(4200))
        #expect(desk.bells == 4)
        desk.press(.escape)
        #expect(desk.takeActions() == [.silence(call: "c1")])
        desk.wait(.seconds(10))
        #expect(desk.bells == 4)
        #expect(desk.state.incoming != nil)
    }

    @Test func whoCallsAgainAndAgainRingsNoFaster() {
        var desk = Desk()
        for round in 0..<10 {
            desk.call(.ringingIn(video: true), id: "r\(round)", peer: "mallory")
            desk.wait(.milliseconds(100))
            desk.call(.ended(sentence: "gone", outcome: .missed), id: "r\(round)", peer: "mallory")
        }
        #expect(desk.bells == 1)
    }

    @Test func anIncomingCallIgnoresKeysAtFirst() {
        var desk = Desk()
        desk.call(.ringingIn(video: true))
        desk.wait(.milliseconds(499))
        desk.press(.enter, .character("a"), .character("d"), .escape)
        #expect(desk.takeActions() == [])
        desk.wait(.milliseconds(1))
        desk.press(.enter)
        #expect(desk.takeActions() == [.accept(call: "c1", video: true)])
    }

    @Test func anIncomingCallNeverTakesATextFieldsKeys() {
        var desk = Desk()
        desk.press(.character("/"))
        desk.type("da")
        desk.call(.ringingIn(video: true))
        desk.wait(.seconds(5))
        desk.type("ve")
        desk.press(.enter)
        #expect(desk.takeActions() == [])
        #expect(desk.state.filter == "dave")
        // The second Enter of someone in a hurry is not for the call either.
        desk.press(.enter)
        #expect(desk.takeActions() == [])
        desk.wait(.milliseconds(500))
        desk.press(.enter)
        #expect(desk.takeActions() == [.accept(call: "c1", video: true)])
    }

    @Test func callsAreAnsweredWithAndWithoutCamera() {
        for (key, action) in [
            (Key.enter, ConsoleAction.accept(call: "c1", video: true)), (.character("a"), .accept(call: "c1", video: false)),
            (.character("d"), .decline(call: "c1")),
        ] {
            var desk = Desk()
            desk.call(.ringingIn(video: true))
            desk.wait(.seconds(1))
            desk.press(key)
            #expect(desk.takeActions() == [action])
        }
    }

    @Test func theRingingStopsWhoeverEndsIt() {
        for state: CallUpdate.State in [.connecting, .connected, .ended(sentence: "carol gave up.", outcome: .missed)] {
            var desk = Desk()
            desk.call(.ringingIn(video: true), peer: "carol")
            desk.call(state, peer: "carol")
            #expect(desk.state.incoming == nil)
            desk.wait(.seconds(10))
            #expect(desk.bells == 1)
        }
    }

    @Test func namesFromOutsideCannotCommandTheTerminal() {
        var desk = Desk()
        desk.call(.ringingIn(video: true), peer: "ca\u{1B}]2;rol\u{7}\u{9B}31m\u{202E}\n")
        #expect(desk.titles == ["ca]2;rol31m is calling"])
        #expect(desk.notifications == ["ca]2;rol31m is calling"])
        desk.handle(.event(.roster([PeerRow(id: "1", name: "b\u{1B}[2Job")])))
        #expect(desk.text.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" })
    }

    @Test func aCallTakesItsKeys() {
        var desk = Desk()
        desk.call(.connected)
        desk.press(.character("m"), .character("v"), .character("m"))
        #expect(desk.takeActions() == [.setMicrophone(isOn: false), .setCamera(isOn: false), .setMicrophone(isOn: true)])
        desk.press(.character("l"), .character("l"))
        #expect(desk.takeActions() == [.setSelfView(isShown: true), .setSelfView(isShown: false)])
        desk.press(.character("n"), .character("z"))
        #expect(desk.state.showsStatistics && desk.state.isFull)
        desk.press(.escape)
        #expect(!desk.state.showsStatistics && !desk.state.isFull)
        desk.press(.character("e"))
        #expect(desk.takeActions() == [.hangUp(call: "c1")])
        // h is help for many, and must not hang up.
        desk.press(.character("h"))
        #expect(desk.takeActions() == [])
    }

    @Test func escapeCancelsARingingCallOnly() {
        var desk = Desk()
        desk.call(.ringingOut)
        desk.press(.escape)
        #expect(desk.takeActions() == [.hangUp(call: "c1")])
        desk.call(.connected)
        desk.press(.escape)
        #expect(desk.takeActions() == [])
    }

    @Test func aCallEndsWithItsSentence() {
        var desk = Desk()
        desk.call(.ringingOut)
        desk.call(.connecting)
        desk.call(.connected)
        desk.wait(.seconds(5))
        desk.call(.ended(sentence: "bob hung up after 0:05.", outcome: .completed))
        #expect(desk.state.call == nil)
        #expect(desk.text.contains("bob hung up after 0:05."))
        #expect(desk.state.recent.map(\.kind) == [.called])
    }

    @Test func missedAndAnsweredCallsAreRemembered() {
        var desk = Desk()
        desk.call(.ringingIn(video: true), id: "a", peer: "carol")
        desk.call(.ended(sentence: "You missed a call from carol.", outcome: .missed), id: "a", peer: "carol")
        desk.call(.ringingIn(video: true), id: "b", peer: "carol")
        desk.wait(.seconds(1))
        desk.press(.enter)
        desk.call(.connected, id: "b", peer: "carol")
        desk.call(.ended(sentence: "carol hung up.", outcome: .completed), id: "b", peer: "carol")
        #expect(desk.state.recent.map(\.kind) == [.answered, .missed])
        #expect(desk.text.contains("Recent: 1 missed"))
        desk.press(.character("R"))
        #expect(desk.takeActions().last == .call(peer: "2", video: true))
    }

    @Test func quittingAsksInACall() {
        var desk = Desk()
        desk.call(.connected)
        desk.press(.character("q"))
        #expect(desk.exit == nil)
        #expect(desk.text.contains("End the call with bob and quit?"))
        desk.press(.character("n"))
        #expect(desk.state.overlay == .none)
        desk.press(.character("q"), .character("y"))
        #expect(desk.exit == .quit)
        #expect(desk.takeActions() == [.quit])
    }

    @Test func quittingDoesNotAskWithoutACall() {
        var desk = Desk()
        desk.press(.character("q"))
        #expect(desk.exit == .quit)
    }

    @Test func controlCTwiceQuits() {
        for isInCall in [false, true] {
            var desk = Desk()
            if isInCall { desk.call(.connected) }
            desk.press(.control("c"))
            #expect(desk.exit == nil)
            desk.wait(.milliseconds(2100))
            desk.press(.control("c"))
            #expect(desk.exit == nil)
            desk.wait(.milliseconds(1900))
            desk.press(.control("c"))
            #expect(desk.exit == .quit)
        }
    }

    @Test func signalsEndTheConsoleWithAGoodbye() {
        var desk = Desk()
        desk.call(.connected)
        desk.handle(.terminated(.signal(15)))
        #expect(desk.exit == .signal(15))
        #expect(desk.takeActions() == [.quit])
    }

    @Test func suspensionMutesAndLaterSaysHowLongItWas() {
        var desk = Desk()
        desk.call(.connected)
        desk.press(.control("z"))
        #expect(desk.takeActions() == [.suspend])
        #expect(desk.suspensions == 1)
        desk.handle(.resumed(after: .seconds(40)))
        #expect(desk.takeActions() == [.resume(after: .seconds(40))])
        #expect(desk.state.note?.text.contains("40 s") == true)
        #expect(!desk.state.isMicrophoneOn && !desk.state.isCameraOn)
        #expect(desk.redraws == 1)
    }

    @Test func theColoursComeFromTheTerminal() {
        var desk = Desk()
        var capabilities = TerminalCapabilities(environment: ["TERM": "xterm-256color", "LANG": "C.UTF-8"], terminfoColours: 256)
        desk.handle(.capabilities(capabilities))
        #expect(desk.state.style.colours == .indexed256)
        // A late reply.
        capabilities.apply(.capability("RGB", isPresent: true))
        desk.handle(.capabilities(capabilities))
        #expect(desk.state.style.colours == .truecolor)
        desk.call(.connected)
        desk.press(.character("c"), .character("c"))
        #expect(desk.state.style.colours == .ansi16)
        desk.handle(.capabilities(capabilities))
        #expect(desk.state.style.colours == .ansi16)
        desk.press(.character("c"), .character("c"), .character("c"))
        #expect(desk.state.style.colours == .truecolor)
    }

    @Test func withoutUTF8ThePictureIsASCII() {
        var desk = Desk()
        desk.handle(.capabilities(TerminalCapabilities(environment: ["TERM": "xterm"], terminfoColours: 8)))
        #expect(desk.state.style.glyphs == .ascii)
        desk.call(.connected)
        desk.press(.character("r"))
        #expect(desk.state.style.glyphs == .ascii)
        #expect(desk.text.unicodeScalars.allSatisfy { $0.isASCII })
    }
}
