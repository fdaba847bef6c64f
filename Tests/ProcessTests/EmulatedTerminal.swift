import Foundation
import Glibc
import TerminalSimulation
import TestEmulators
import TestProcesses

/// What another emulator shows of what was written to a terminal.
struct EmulatedScreen: Sendable, CustomStringConvertible {
    let emulator: LibVTerm
    /// Bytes that came so far.
    private(set) var bytes = 0

    init(columns: Int, rows: Int) { emulator = LibVTerm(columns: columns, rows: rows) }

    mutating func feed(_ new: some Collection<UInt8>) {
        emulator.feed(new)
        bytes += new.count
    }

    var description: String { emulator.description }
}

/// Both ends of a terminal that libvterm shows.
final class EmulatedTerminal: Sendable {
    let screen: Observed<EmulatedScreen>
    private let pty: PTY
    /// Held open, so that reading goes on when a program has left.
    private let other: Int32

    var path: String { pty.path }

    init(columns: Int, rows: Int) throws {
        pty = try PTY(columns: columns, rows: rows)
        other = open(pty.path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        screen = Observed(EmulatedScreen(columns: columns, rows: rows))
        Thread.detachNewThread { [master = pty.master, screen] in
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while case let count = read(master, &buffer, buffer.count), count > 0 {
                screen.update { $0.feed(buffer[..<count]) }
            }
            close(master)
        }
    }

    deinit { close(other) }

    /// As when a person drags the window's corner.
    func resize(columns: Int, rows: Int) {
        screen.update { $0.emulator.resize(columns: columns, rows: rows) }
        pty.resize(columns: columns, rows: rows)
    }

    func type(_ text: String) { pty.type(text) }
}
