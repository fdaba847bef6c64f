import Foundation
import Glibc
import TerminalSimulation

/// Both ends of a terminal; what a program writes to it is kept and drawn on a ``Screen``.
package final class PseudoTerminal: Sendable {
    package let screen: Observed<Screen>
    private let pty: PTY
    /// Held open, so that reading goes on when a program has left.
    private let other: Int32

    package var path: String { pty.path }

    package init(columns: Int, rows: Int) throws {
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

    /// As when a person drags the window's corner.
    package func resize(columns: Int, rows: Int) {
        screen.update { $0.resize(columns: columns, rows: rows) }
        pty.resize(columns: columns, rows: rows)
    }

    package func type(_ text: String) { pty.type(text) }

    /// The line discipline's settings, as `stty -a` shows them.
    package var settings: [UInt32] {
        var settings = termios()
        guard tcgetattr(other, &settings) == 0 else { return [] }
        let characters = withUnsafeBytes(of: settings.c_cc) { $0.map(UInt32.init) }
        return [settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag, settings.c_ispeed, settings.c_ospeed] + characters
    }
}
