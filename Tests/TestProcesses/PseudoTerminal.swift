import Foundation
import Glibc
import TerminalSimulation
import TestProcesses

/// Both ends of a terminal; what a program writes to it is kept and drawn on a ``Screen``.
final class PseudoTerminal: Sendable {
    let screen: Observed<Screen>
    private let pty: PTY
    /// Held open, so that reading goes on when a program has left.
    private let other: Int32

    var path: String { pty.path }

    init(columns: Int, rows: Int) throws {
        pty = try PTY(columns: columns, rows: rows)
        other = open(pty.path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        screen = Observed(Screen(columns: columns, rows: rows))
        Thread.detachNewThread { [master = pty.master, screen] in
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while case let count = read(master, &buffer, buffer.count), count > 0 {
                screen.update { $0.feed(buffer[..<count]) }
            }
            close(master)
        }
    }

    deinit {
        close(other)
    }

    func type(_ text: String) { pty.type(text) }

    /// The line discipline's settings, as `stty -a` shows them.
    var settings: [UInt32] {
        var settings = termios()
        guard tcgetattr(other, &settings) == 0 else { return [] }
        let characters = withUnsafeBytes(of: settings.c_cc) { $0.map(UInt32.init) }
        return [settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag, settings.c_ispeed, settings.c_ospeed] + characters
    }
}
