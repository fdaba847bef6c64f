import Console
import Foundation

/// The standard streams, unbuffered: standard output is data, standard error is talk.
enum Standard {
    static func output(_ data: Data) {
        try? FileHandle.standardOutput.write(contentsOf: data)
    }

    static func error(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: text(line))
    }

    /// A line for people. Names and sentences in it may come from others: nothing that a terminal would obey is in it.
    static func text(_ line: String) -> Data {
        Data((DisplayText.printable(line, limit: 4_096) + "\n").utf8)
    }
}
