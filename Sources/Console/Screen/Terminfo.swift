import CNcurses
import Glibc
import TerminalIO

/// What the terminfo entry of a terminal says.
struct Terminfo {
    let colours: Int
    /// The sequences of the keys that ``TerminalIO/InputParser`` is told of.
    let keys: [[UInt8]: Key]

    /// - Returns: nil if there is no entry of this name.
    init?(term: String) {
        var status: Int32 = 0
        guard setupterm(term, 1, &status) == OK else { return nil }
        colours = Int(tigetnum("colors"))
        var keys: [[UInt8]: Key] = [:]
        for (name, key) in Self.names {
            guard let text = glyphone_terminfo_string(name) else { continue }
            let bytes = Array(String(cString: text).utf8)
            // Single bytes are control keys, which need no table.
            if bytes.count > 1, bytes.first == 0x1B { keys[bytes] = key }
        }
        self.keys = keys
    }

    private static let names: [(String, Key)] =
        [
            ("kcuu1", .up), ("kcud1", .down), ("kcub1", .left), ("kcuf1", .right), ("khome", .home), ("kend", .end), ("kpp", .pageUp),
            ("knp", .pageDown), ("kich1", .insert), ("kdch1", .delete), ("kent", .enter), ("kcbt", .backTab),
        ] + (1...12).map { ("kf\($0)", .function($0)) }
}
