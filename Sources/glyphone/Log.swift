import Foundation
import Logging

/// Where the program's log goes: a file, or nowhere.
enum Log {
    /// Where the console's log goes unless told otherwise (XDG Base Directory Specification); `nil` without a home.
    static func defaultPath(_ environment: [String: String]) -> String? {
        guard let state = environment["XDG_STATE_HOME"] ?? environment["HOME"].map({ $0 + "/.local/state" }) else { return nil }
        let folder = state + "/glyphone"
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return FileManager.default.isWritableFile(atPath: folder) ? folder + "/console.log" : nil
    }

    /// - Throws: ``CommandFailure`` when the file can't be written.
    static func make(_ settings: CallSettings) throws -> Logger {
        guard let path = settings.log else { return Logger(label: "glyphone", factory: { _ in SwiftLogNoOpLogHandler() }) }
        guard let stream = fopen(path, "a") else {
            throw CommandFailure(
                .wrongUse, "The log file \(path) cannot be written: \(String(cString: strerror(errno))). Name another with --log.")
        }
        let file = LogFile(stream: stream)
        var logger = Logger(label: "glyphone", factory: { FileLogHandler(label: $0, file: file) })
        logger.logLevel = settings.logLevel
        return logger
    }
}

/// A file that several threads append lines to; C's streams lock themselves.
private final class LogFile: @unchecked Sendable {
    private let stream: UnsafeMutablePointer<FILE>

    init(stream: UnsafeMutablePointer<FILE>) {
        self.stream = stream
    }

    deinit {
        fclose(stream)
    }

    func append(_ line: String) {
        fputs(line, stream)
        fflush(stream)
    }
}

private struct FileLogHandler: LogHandler {
    let label: String
    let file: LogFile
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    init(label: String, file: LogFile) {
        self.label = label
        self.file = file
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let details = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        let time = Date.now.formatted(.iso8601.time(includingFractionalSeconds: true))
        file.append("\(time) \(event.level) \(label):\(details) \(event.message)\n")
    }
}
