import Foundation

/// The standard streams, unbuffered: standard output is data, standard error is talk.
enum Standard {
    static func output(_ data: Data) {
        try? FileHandle.standardOutput.write(contentsOf: data)
    }

    static func error(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }
}
