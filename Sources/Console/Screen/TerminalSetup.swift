import Glibc
import TerminalIO

/// Opening the process's terminal with what its terminfo entry and the locale say.
enum TerminalSetup {
    static func open(
        environment: [String: String], logPath: String?, wakeup: Wakeup, isProbing: Bool = true
    ) throws(TerminalError) -> (Terminal, term: String) {
        try Terminal.check(environment: environment)
        let term = environment["TERM"] ?? ""
        guard let terminfo = Terminfo(term: term) else { throw .dumb(term: term) }
        let terminal = try Terminal(
            environment: environment, terminfoColours: terminfo.colours, keys: terminfo.keys, logPath: logPath, wakeup: wakeup,
            isProbing: isProbing)
        setLocale(isUTF8: terminal.capabilities.isUTF8)
        return (terminal, term)
    }

    /// ncurses encodes by the C locale. A locale that is named but not installed must not cost the characters it stands for.
    private static func setLocale(isUTF8: Bool) {
        setlocale(LC_CTYPE, "")
        guard isUTF8, String(cString: nl_langinfo(Int32(CODESET))) != "UTF-8" else { return }
        setlocale(LC_CTYPE, "C.UTF-8")
    }
}

extension WallTime {
    /// The time of day here.
    static func now() -> WallTime {
        var seconds = time(nil)
        var local = tm()
        localtime_r(&seconds, &local)
        return WallTime(unixSeconds: Int64(seconds), offset: local.tm_gmtoff)
    }
}
