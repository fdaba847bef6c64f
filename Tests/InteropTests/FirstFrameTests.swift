import Foundation
import TestProcesses
import Testing

extension InteropTests {
    /// How long it takes from an answer to a picture. Measures where GLYPHONE_INTEROP_CALLS says how many calls to make.
    @Suite struct FirstFrameTests {
        static let count = Int(ProcessInfo.processInfo.environment["GLYPHONE_INTEROP_CALLS"] ?? "") ?? 0

        @Test(.enabled(if: count > 0, "a measurement: set GLYPHONE_INTEROP_CALLS"))
        func `The other side's picture comes soon after the answer`() async throws {
            var inTerminal: [Double] = []
            var inBrowser: [Double] = []
            for _ in 0..<Self.count {
                try await withProcesses { group in
                    let call = try await BrowserCall.connected(group, .chromium, .htmx, as: .caller)
                    let line = try await call.bot.output.wait(within: .seconds(10), for: "the first frame") { transcript in
                        ((try? transcript.events()) ?? []).first { $0.event == "first-frame" }
                    }
                    inTerminal.append(try #require(line.ms))
                    try await call.web.page.close()
                }
                try await withProcesses { group in
                    let (_, url) = try await group.server()
                    let web = try await WebClient.online(.chromium, .htmx, as: "web", at: url)
                    let bot = try group.bot("bot", at: url, ["--call", "web"])
                    try await web.page.wait(for: "document.querySelector('#incoming').open")
                    // The answer goes out as soon as it is the local description. Statistics would tell of the frame up to 50 ms late.
                    try await web.page.perform(
                        """
                        const set = RTCPeerConnection.prototype.setLocalDescription
                        RTCPeerConnection.prototype.setLocalDescription = async function () {
                          const track = this.getReceivers().find(receiver => receiver.track.kind === 'video').track
                          const frames = new MediaStreamTrackProcessor({ track }).readable.getReader()
                          await set.call(this)
                          const start = performance.now()
                          frames.read().then(({ value }) => {
                            window.firstFrame ??= performance.now() - start
                            value.close()
                            frames.cancel()
                          })
                        }
                        document.querySelector('#answer').click()
                        """)
                    try await web.page.wait(for: "window.firstFrame")
                    inBrowser.append(try await web.page.evaluate("firstFrame"))
                    try await bot.connected()
                    try await web.page.close()
                }
            }
            for (name, times) in [("terminal answers Chromium", inTerminal), ("Chromium answers a terminal", inBrowser)] {
                let sorted = times.sorted()
                print(
                    String(
                        format: "first frame, \(name): p50 %.0f ms, worst %.0f ms, %d calls", sorted[sorted.count / 2], sorted.last ?? 0,
                        sorted.count))
            }
        }
    }
}
