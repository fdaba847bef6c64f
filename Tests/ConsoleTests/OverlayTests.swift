import TerminalIO
import TestEmulators
import Testing

/// What lies over a picture. ncurses draws in one of these tests at a time.
extension VirtualLineTests {
    @Test(arguments: [true, false])
    func `Nothing of the picture shows through a dialog, and nothing of the dialog is left`(isColoured: Bool) throws {
        var call = try VirtualCall(kilobits: 10_000, roundTrip: .milliseconds(20), isColoured: isColoured)
        try call.run(for: .seconds(2))
        call.press(.character("?"))
        try call.run(for: .seconds(1))
        let emulator = call.line.emulator
        let lines = (0..<emulator.rows).map { row in String((0..<emulator.columns).map { emulator.cell($0, row).character }) }
        #expect(lines.contains { $0.contains(#/m +microphone on or off +D +camera, sound devices/#) }, "\(lines)")
        #expect(lines.contains { $0.contains(#/z +picture on the full screen +\? F1 +this help/#) })
        call.press(.escape)
        try call.run(for: .seconds(2))
        #expect(try call.likeness() > 0.9)
    }
}
