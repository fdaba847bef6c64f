import Foundation
import Glibc

/// Sound does not cross SSH by itself: it is the remote machine's, or comes through a socket that somebody forwards.
enum SoundOverSSH {
    /// What a person has to be told; nil where sound is this machine's, or somebody has seen to it.
    static func note(_ environment: [String: String]) -> String? {
        guard environment["SSH_CONNECTION"] != nil, environment["PULSE_SERVER"] == nil else { return nil }
        return "over SSH, sound is that of the remote machine: forward your own sound server's socket and set PULSE_SERVER (see README)"
    }

    /// Has PulseAudio's library send sound through the socket where PULSE_SERVER names one, never through memory: behind a forwarded socket
    /// there is none to share, which neither end can see, and the server ends a connection whose descriptors got lost on the way.
    ///
    /// The library is told by a file of settings only. Called before there are threads, as it changes the environment.
    static func share(_ environment: [String: String]) {
        guard environment["PULSE_SERVER"] != nil else { return }
        let home = environment["XDG_CONFIG_HOME"] ?? environment["HOME"].map { $0 + "/.config" }
        // As the library would have looked for them.
        let files = [environment["PULSE_CLIENTCONFIG"], home.map { $0 + "/pulse/client.conf" }, "/etc/pulse/client.conf"].compactMap(\.self)
        let included = files.first { $0.hasPrefix("/") && !$0.contains("\n") && access($0, R_OK) == 0 }
        let settings = Array((included.map { ".include \($0)\n" } ?? "").utf8) + Array("enable-shm = no\n".utf8)
        // A file without a name, that lasts as long as this process.
        // mkstemp(3) puts a name in the place of the last six letters.
        var path = Array("\(environment["TMPDIR"] ?? "/tmp")/glyphone-\(String(repeating: "X", count: 6))".utf8CString)
        let file = mkstemp(&path)
        guard file >= 0 else { return }
        unlink(path)
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        guard write(file, settings, settings.count) == settings.count else { return }
        setenv("PULSE_CLIENTCONFIG", "/proc/self/fd/\(file)", 1)
    }
}
