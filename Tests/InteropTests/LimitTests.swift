import Foundation
import TerminalSimulation
import TestProcesses
import Testing

extension InteropTests {
    /// What each side asks the other to send at most.
    @Suite struct LimitTests {
        @Test func `Firefox sends what the terminal's window shows`() async throws {
            try await withWindow(.firefox) { window in
                try await window.page.wait(for: Window.sent("> 0 && s.sentWidth <= 320"))
                window.terminal.resize(columns: 250, rows: 80)
                try await window.page.wait(for: Window.sent("=== 640"))
                window.terminal.resize(columns: 80, rows: 24)
                try await window.page.wait(for: Window.sent("<= 320"))
                #expect(try await window.offers() == 2)
                try await window.expectPictures()
            }
        }

        @Test func `Chromium, which heeds no limits, is not asked again`() async throws {
            try await withWindow(.chromium) { window in
                try await window.page.wait(for: Window.sent("> 320"))
                window.terminal.resize(columns: 250, rows: 80)
                // That takes seconds, in which Firefox would have been asked.
                try await window.expectPictures()
                #expect(try await window.offers() == 0)
            }
        }

        private func withWindow(_ kind: BrowserKind, _ body: (Window) async throws -> Void) async throws {
            let terminal = try PseudoTerminal(columns: 80, rows: 24)
            try await withProcesses { group in
                let (_, url) = try await group.server()
                let web = try await WebClient.online(kind, .first, as: "web", at: url)
                _ = try group.start(
                    [
                        Programs.glyphone, "call", "web", "--server", url, "--name", "alice", "--video", "test", "--audio", "none",
                        "--play",
                        "none",
                    ], environment: ["TERM": "xterm-256color", "COLORTERM": "truecolor"], terminal: terminal.path)
                try await web.answer()
                try await web.connected()
                let window = Window(terminal: terminal, page: web.page)
                try await window.countOffers()
                try await body(window)
                try await web.press("hang-up")
                try await web.ended("You hung up.")
                try await web.page.close()
            }
        }

        /// A terminal's window, and the page that it sees.
        private struct Window {
            let terminal: PseudoTerminal
            let page: Page

            static func sent(_ condition: String) -> String { "\(WebStatistics.expression).then(s => s.sentWidth \(condition))" }

            func countOffers() async throws {
                try await page.perform(
                    """
                    const connection = connections.at(-1)
                    window.offers = 0
                    connection.addEventListener('signalingstatechange', () => {
                      if (connection.signalingState === 'have-remote-offer') window.offers += 1
                    })
                    """)
            }

            func offers() async throws -> Int { try await page.evaluate("window.offers", as: Int.self) }

            /// Two seconds of pictures, there and back.
            func expectPictures() async throws {
                let blocks = terminal.screen.now.blocks
                try await page.perform("window.before = await \(WebStatistics.expression)")
                try await page.wait(
                    for: """
                        \(WebStatistics.expression).then(s => s.framesDecoded > before.framesDecoded + 60
                          && s.framesEncoded > before.framesEncoded + 60)
                        """)
                _ = try await terminal.screen.wait(within: .seconds(10), for: "pictures") { $0.blocks > blocks + 1_000 ? true : nil }
            }
        }

        @Test func `What a page asks for by its session description is what it is sent`() async throws {
            let silence = Programs.newPath("silence.wav")
            try Self.writeSilence(to: silence)
            defer { unlink(silence) }
            try await withProcesses { group in
                let (_, url) = try await group.server()
                let web = try await WebClient.online(.chromium, .last, as: "web", at: url)
                try await web.page.perform(
                    #"""
                    const get = Object.getOwnPropertyDescriptor(RTCPeerConnection.prototype, 'localDescription').get
                    Object.defineProperty(RTCPeerConnection.prototype, 'localDescription', { get() {
                      const description = get.call(this)
                      if (!description) return description
                      const type = description.sdp.match(/a=rtpmap:(\d+) VP8\//)[1]
                      return { type: description.type, sdp: description.sdp.replace('useinbandfec=1', 'useinbandfec=1;usedtx=1')
                        .replace(new RegExp(`a=rtpmap:${type} VP8.*`), `$&\r\na=fmtp:${type} max-fs=330;max-fr=15`) }
                    } })
                    """#)
                let bot = try await group.answeringBot("bot", at: url, ["--audio", silence])
                try await web.call("bot")
                try await bot.connected()
                let sent = try await bot.statistics(within: .seconds(20), for: "few and small pictures, and hardly a packet of silence") {
                    event in
                    guard let video = event.outbound?.video, (event.t ?? 0) > 1 else { return false }
                    return (video.framesPerSecond ?? 0) > 5
                }
                let (columns, rows) = (
                    ((sent.outbound?.video?.frameWidth ?? 0) + 15) / 16, ((sent.outbound?.video?.frameHeight ?? 0) + 15) / 16
                )
                #expect((280...330).contains(columns * rows), "\(columns)x\(rows)")
                try await BrowserCall(web: web, bot: bot, url: url).pass(seconds: 2)
                let later = try #require(bot.output.now.statistics.last)
                let seconds = (later.t ?? 0) - (sent.t ?? 0)
                let packets = (later.outbound?.audio?.packetsSent ?? 0) - (sent.outbound?.audio?.packetsSent ?? 0)
                // Two and a half a second, where 50 would be without.
                #expect(packets > 0 && Double(packets) < 10 * seconds, "\(packets) packets in \(seconds) s")
                let frames = (later.outbound?.video?.framesEncoded ?? 0) - (sent.outbound?.video?.framesEncoded ?? 0)
                #expect((10...16).contains(Double(frames) / seconds), "\(frames) pictures in \(seconds) s")
                try await web.press("hang-up")
                try await bot.endOfCall("hangup", status: 0)
                try await web.page.close()
            }
        }

        /// A second of silence at 48 kHz (RIFF WAVE, 16 bits, one channel), which sources repeat.
        private static func writeSilence(to path: String) throws {
            func little(_ value: UInt32, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
            let header =
                Array("RIFF".utf8) + little(36 + 96_000, 4) + Array("WAVEfmt ".utf8) + little(16, 4) + little(1, 2) + little(1, 2)
                + little(48_000, 4) + little(96_000, 4) + little(2, 2) + little(16, 2) + Array("data".utf8) + little(96_000, 4)
            try Data(header + [UInt8](repeating: 0, count: 96_000)).write(to: URL(filePath: path))
        }
    }
}
