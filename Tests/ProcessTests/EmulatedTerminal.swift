import Foundation
import Glibc
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
    let path: String
    let screen: Observed<EmulatedScreen>
    private let descriptor: Int32
    /// Held open, so that reading goes on when a program has left.
    private let other: Int32

    init(columns: Int, rows: Int) throws {
        descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (lock, number): (Int32, Int32) = (0, 0)
        // TIOCSPTLCK and TIOCGPTN, which Swift does not import.
        guard descriptor >= 0, ioctl(descriptor, 0x4004_5431, &lock) == 0, ioctl(descriptor, 0x8004_5430, &number) == 0 else {
            throw Subprocess.Failure(description: "no pseudoterminal: errno \(errno)")
        }
        path = "/dev/pts/\(number)"
        other = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        screen = Observed(EmulatedScreen(columns: columns, rows: rows))
        setSize(columns: columns, rows: rows)
        Thread.detachNewThread { [descriptor, screen] in
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while case let count = read(descriptor, &buffer, buffer.count), count > 0 {
                screen.update { $0.feed(buffer[..<count]) }
            }
            close(descriptor)
        }
    }

    deinit { close(other) }

    private func setSize(columns: Int, rows: Int) {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(descriptor, UInt(TIOCSWINSZ), &size)
    }

    /// As when a person drags the window's corner.
    func resize(columns: Int, rows: Int) {
        screen.update { $0.emulator.resize(columns: columns, rows: rows) }
        setSize(columns: columns, rows: rows)
    }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(descriptor, bytes, bytes.count)
    }
}
