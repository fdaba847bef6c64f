import Console
import TerminalIO
import Testing

@Suite struct CommandLineTests {
    @Test func commandsAreCompleted() {
        var desk = Desk()
        desk.press(.character(":"))
        #expect(desk.text.contains("typing: :"))
        desk.type("st")
        desk.press(.tab)
        #expect(desk.state.textField?.text == "stat")
        desk.press(.control("u"))
        desk.type("ca")
        desk.press(.tab)
        #expect(desk.state.textField?.text == "ca")
        desk.type("l")
        desk.press(.tab)
        desk.type("ca")
        desk.press(.tab)
        #expect(desk.state.textField?.text == "call carol")
        desk.press(.enter)
        #expect(desk.takeActions() == [.call(peer: "2", video: true)])
        #expect(desk.state.textField == nil)
    }

    @Test func commandsDoWhatKeysDo() {
        var desk = Desk()
        desk.call(.connected)
        for (command, action) in [
            ("mic", ConsoleAction.setMicrophone(isOn: false)), ("camera", .setCamera(isOn: false)), ("end", .hangUp(call: "c1")),
        ] {
            desk.press(.character(":"))
            desk.type(command)
            desk.press(.enter)
            #expect(desk.takeActions() == [action])
        }
        desk.press(.character(":"))
        desk.type("quit")
        desk.press(.enter)
        #expect(desk.state.overlay == .quitQuestion)
    }

    @Test func `A camera is adjusted by a command, in and out of a call`() {
        var desk = Desk()
        for _ in 0..<2 {
            desk.press(.character(":"))
            desk.type("camera brightness 50")
            desk.press(.enter)
            #expect(desk.takeActions() == [.adjustCamera(setting: "brightness 50")])
            #expect(desk.state.isCameraOn)
            desk.call(.connected)
            _ = desk.takeActions()
        }
    }

    @Test func whatIsNoCommandIsSaid() {
        var desk = Desk()
        for (line, hint) in [
            ("xyz", "no command"), ("c", "could be"), ("end", "no call"), ("call zoe", "not online"), ("accept", "nobody"),
        ] {
            desk.press(.character(":"))
            desk.type(line)
            desk.press(.enter)
            #expect(desk.state.note?.text.contains(hint) == true)
        }
        #expect(desk.takeActions() == [])
    }

    @Test func pastedTextIsTypedIntoAFieldOnly() {
        var desk = Desk()
        desk.handle(.paste("q"))
        #expect(desk.exit == nil)
        desk.press(.character("/"))
        desk.handle(.paste("car"))
        #expect(desk.state.shownPeers.map(\.name) == ["carol"])
        desk.press(.escape)
        #expect(desk.state.shownPeers.count == 3)
    }

    @Test func linesAreBounded() {
        var desk = Desk()
        desk.press(.character(":"))
        for _ in 0..<50 { desk.handle(.paste(String(repeating: "x", count: 100))) }
        #expect(desk.state.textField?.text.count == ConsoleModel.longestLine)
        #expect(desk.scene.cursor != nil)
    }

    @Test func backspaceLeavesAnEmptyField() {
        var desk = Desk()
        desk.press(.character(":"), .character("x"), .backspace, .backspace)
        #expect(desk.state.textField == nil)
    }
}
