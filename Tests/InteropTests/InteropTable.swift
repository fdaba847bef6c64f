import Foundation
import TestProcesses

/// What was tested with what, as Markdown, appended to the file that GLYPHONE_INTEROP_TABLE names.
enum InteropTable {
    static func add(_ call: BrowserCall, _ exchange: Exchange, _ page: WebPage, _ role: BrowserCall.Role, note: String = "") throws {
        guard let path = ProcessInfo.processInfo.environment["GLYPHONE_INTEROP_TABLE"] else { return }
        let transport = call.bot.output.now.statistics.last?.transport
        let web = exchange.web
        let candidates = [transport?.localCandidateType, transport?.remoteCandidateType].map { $0 ?? "?" }.joined(separator: "–")
        // A caller's bot counts from its offer, with the time that the other side lets it ring.
        let first = role == .callee ? nil : (try? call.bot.output.now.events())?.first { $0.event == "first-frame" }?.ms
        func way(_ way: Exchange.Way) -> String {
            way.sent > 0 ? String(format: "%.1f of %.1f, %.0f dB", way.came, way.sent, way.level ?? -.infinity) : "nothing sent"
        }
        let cells = [
            call.web.browser, "/\(page.rawValue)", role == .caller ? "browser" : "terminal",
            candidates + (note.isEmpty ? "" : " (\(note))"), web.dtlsRole ?? "?",
            transport?.srtpCipher?.replacingOccurrences(of: "SRTP_", with: "") ?? "?", way(exchange.toWeb), way(exchange.toBot),
            first.map { String(format: "%.0f ms", $0) } ?? "–",
        ]
        try append("| " + cells.joined(separator: " | ") + " |\n", to: path)
    }

    private static let header = """
        | browser | page | caller | candidates, terminal's first | DTLS role of the browser | SRTP | frames/s and sound, terminal to browser | \
        browser to terminal | first frame after the terminal's answer |
        |---|---|---|---|---|---|---|---|---|

        """

    private static func append(_ line: String, to path: String) throws {
        let before = (try? String(contentsOfFile: path, encoding: .utf8)) ?? header
        try (before + line).write(toFile: path, atomically: true, encoding: .utf8)
    }
}
