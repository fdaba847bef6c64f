import Foundation
import Glibc
import TerminalSimulation
import TestProcesses

/// Both ends of a terminal; what a program writes to it is kept and drawn on a ``Screen``.
final class PseudoTerminal: Sendable {
    let path: String
    let screen: Observed<Screen>
    private let descriptor: Int32
    /// Held open, so that reading goes on when a program has left.
    private let other: Int32

    // TIOCSPTLCK and TIOCGPTN, which Swift does not import.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430

    init(columns: Int, rows: Int) throws {
        descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (lock, number): (Int32, Int32) = (0, 0)
        guard descriptor >= 0, ioctl(descriptor, Self.setLock, &lock) == 0, ioctl(descriptor, Self.getNumber, &number) == 0 else {
            throw Subprocess.Failure(description: "no pseudoterminal: errno \(errno)")
        }
        path = "/dev/pts/\(number)"
        other = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(descriptor, UInt(TIOCSWINSZ), &size)
        screen = Observed(Screen(columns: columns, rows: rows))
        Thread.detachNewThread { [descriptor, screen] in
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while case let count = read(descriptor, &buffer, buffer.count), count > 0 {
                screen.update { $0.feed(buffer[..<count]) }
            }
            close(descriptor)
        }
    }

    deinit {
        close(other)
    }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(descriptor, bytes, bytes.count)
    }

    /// The line discipline's settings, as `stty -a` shows them.
    var settings: [UInt32] {
        var settings = termios()
        guard tcgetattr(other, &settings) == 0 else { return [] }
        let characters = withUnsafeBytes(of: settings.c_cc) { $0.map(UInt32.init) }
        return [settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag, settings.c_ispeed, settings.c_ospeed] + characters
    }
}
