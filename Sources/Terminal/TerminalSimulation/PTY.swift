import Glibc

/// A terminal of which this process is screen and keyboard: the master's end of a pseudoterminal.
package struct PTY: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// Where what programs write to the terminal is read, and what is typed is written. The owner closes it.
    package let master: Int32
    /// The programs' end.
    package let path: String

    // TIOCSPTLCK and TIOCGPTN, what unlockpt and ptsname do, which Swift does not import.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430
    /// POSIX_SPAWN_SETSID.
    private static let newSession: Int16 = 0x80

    /// - Parameter flags: beside those of every master, such as O_NONBLOCK.
    /// - Throws: ``Failure`` where the system gives no terminal.
    package init(columns: Int, rows: Int, flags: Int32 = 0) throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | flags)
        var (lock, number): (Int32, UInt32) = (0, 0)
        guard master >= 0, ioctl(master, Self.setLock, &lock) == 0, ioctl(master, Self.getNumber, &number) == 0 else {
            throw Failure(description: "no pseudoterminal: \(String(cString: strerror(errno)))")
        }
        path = "/dev/pts/\(number)"
        resize(columns: columns, rows: rows)
    }

    /// As when a person drags the window's corner. A cell has 8x16 pixels.
    package func resize(columns: Int, rows: Int) {
        var size = winsize(
            ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: UInt16(columns * 8), ws_ypixel: UInt16(rows * 16))
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }

    package func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(master, bytes, bytes.count)
    }

    /// Starts a program on the terminal, which becomes its session's.
    ///
    /// - Parameters:
    ///   - command: the program's path and arguments.
    ///   - environment: all that it gets.
    /// - Throws: ``Failure`` if it cannot be started.
    package func start(_ command: [String], environment: [String: String]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 0, path, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        // The terminal of a new session is the first that it opens.
        posix_spawnattr_setflags(&attributes, Self.newSession)
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer {
            for text in arguments + variables { free(text) }
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        var process = pid_t()
        let status = posix_spawn(&process, command[0], &actions, &attributes, &arguments, &variables)
        guard status == 0 else { throw Failure(description: "\(command[0]): \(String(cString: strerror(status)))") }
        return process
    }
}
