import Foundation
import TestProcesses

/// The browsers that the tests know, as Debian installs them.
enum BrowserKind: String, CaseIterable, Sendable {
    case chromium, firefox

    var program: String { self == .chromium ? "/usr/bin/chromium" : "/usr/bin/firefox-esr" }
    var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    /// Why the tests cannot run here; `nil` where they can.
    static let missing: String? = {
        if let kind = allCases.first(where: { !$0.isInstalled }) { return "\(kind.program) is not installed: run Assets/setup test" }
        let libraries = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Assets/web/lib/socket.io.min.js")
        guard FileManager.default.fileExists(atPath: libraries.standardized.path) else {
            return "the pages' libraries are not here: run Assets/setup web"
        }
        return nil
    }()
}

/// A running browser without a screen, with a camera and a microphone that are not real.
protocol Browser: Sendable {
    /// As it names itself: `Chromium 156.0.1`.
    var version: String { get }

    /// A page in a profile of its own, with nothing in it.
    ///
    /// - Parameter relay: where its WebSockets lead instead of to the server that they name.
    func newPage(for origin: String, _ permission: Page.Permission, through relay: String?) async throws -> Page
}

/// One page of a browser.
struct Page: Sendable {
    /// Whether the page may use camera and microphone.
    enum Permission: Sendable { case granted, denied }

    var open: @Sendable (_ url: String) async throws -> Void
    /// Runs an expression, awaits the promise that it is, and returns the string that this resolves to.
    var run: @Sendable (_ expression: String) async throws -> String
    /// Closes the page as a person would.
    var close: @Sendable () async throws -> Void

    private struct Outcome<Value: Decodable>: Decodable {
        var value: Value?
        var error: String?
    }

    /// The value of an expression, awaited where it is a promise.
    func evaluate<Value: Decodable & Sendable>(_ expression: String, as: Value.Type = Value.self) async throws -> Value {
        let text = try await run(
            "(async () => { try { return JSON.stringify({ value: await (\(expression)) }) }"
                + " catch (error) { return JSON.stringify({ error: String(error) }) } })()")
        let outcome = try JSONDecoder().decode(Outcome<Value>.self, from: Data(text.utf8))
        guard let value = outcome.value else {
            throw Subprocess.Failure(description: "\(outcome.error ?? "nothing") came of \(expression)")
        }
        return value
    }

    /// Carries out statements.
    func perform(_ statements: String) async throws {
        _ = try await evaluate("(async () => { \(statements); return true })()", as: Bool.self)
    }

    /// Waits in the page until an expression is neither false nor missing.
    func wait(within limit: Duration = .seconds(30), for expression: String) async throws {
        try await perform(
            """
            await new Promise((resolve, reject) => {
              const end = performance.now() + \(limit.components.seconds * 1000)
              const look = async () => {
                let value; try { value = await (\(expression)) } catch (error) { value = null }
                if (value) resolve()
                else if (performance.now() > end) reject('not so within \(limit); the page says: ' + document.body.innerText)
                else setTimeout(look, 20)
              }
              look()
            })
            """)
    }

    /// What the pages know nothing of. It keeps the connections that a page makes in `connections`, so that tests read their
    /// statistics. And it turns off what browsers do for a microphone in a room: the sound never was in this one, but a beep of the
    /// microphone that is not real and a click of the bot's test sound come at the same pace, so that Chromium's echo canceller takes
    /// the one for an echo of the other and after some seconds lets nothing of it through.
    private static let preload = """
        window.connections = []
        if (navigator.mediaDevices) {
          const capture = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
          const asItIs = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }
          navigator.mediaDevices.getUserMedia = wish => capture(wish?.audio ? { ...wish, audio: { ...wish.audio, ...asItIs } } : wish)
        }
        window.RTCPeerConnection = new Proxy(RTCPeerConnection, {
          construct(target, parameters) { const made = new target(...parameters); connections.push(made); return made }
        })
        """

    static func preload(through relay: String?) -> String {
        guard let relay else { return preload }
        return preload + "\nwindow.WebSocket = new Proxy(WebSocket, { construct: target => new target(\(JSON.literal(relay))) })"
    }
}
