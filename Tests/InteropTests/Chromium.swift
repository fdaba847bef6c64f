import Foundation
import TestProcesses

/// Debian's Chromium, driven through its DevTools protocol.
struct Chromium: Browser {
    let version: String
    private let remote: RemoteProtocol

    private struct Version: Decodable { var product: String }
    private struct Context: Decodable { var browserContextId: String }
    private struct Target: Decodable { var targetId: String }
    private struct Session: Decodable { var sessionId: String }
    private struct Evaluation: Decodable {
        struct Result: Decodable { var value: String? }
        var result: Result
    }

    static let flags = [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-port=0", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-background-timer-throttling",
        "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows", "--autoplay-policy=no-user-gesture-required",
        "--use-fake-device-for-media-stream=fps=30",
    ]

    init(_ group: ProcessGroup, profile: String) async throws {
        let process = try group.start([BrowserKind.chromium.program] + Self.flags + ["--user-data-dir=\(profile)", "about:blank"])
        let line = try await process.line(with: "DevTools listening on ", within: .seconds(60), on: \.errors)
        remote = try await RemoteProtocol(String(line.split(separator: " ").last ?? ""))
        let product = try await remote.call("Browser.getVersion", as: Version.self).product
        version = "Chromium " + (product.split(separator: "/").last ?? "")
    }

    func newPage(for origin: String, _ permission: Page.Permission, through relay: String?) async throws -> Page {
        let context = try await remote.call("Target.createBrowserContext", as: Context.self).browserContextId
        for name in ["camera", "microphone"] {
            try await remote.call(
                "Browser.setPermission",
                [
                    "permission": ["name": .string(name)], "setting": permission == .granted ? "granted" : "denied",
                    "origin": .string(origin), "browserContextId": .string(context),
                ])
        }
        let target = try await remote.call(
            "Target.createTarget", ["url": "about:blank", "browserContextId": .string(context)], as: Target.self
        ).targetId
        let session = try await remote.call(
            "Target.attachToTarget", ["targetId": .string(target), "flatten": true], as: Session.self
        ).sessionId
        try await remote.call("Page.enable", session: session)
        // The page's policy allows its own server alone.
        if relay != nil { try await remote.call("Page.setBypassCSP", ["enabled": true], session: session) }
        try await remote.call("Page.addScriptToEvaluateOnNewDocument", ["source": .string(Page.preload(through: relay))], session: session)
        return Page(
            open: { url in try await remote.call("Page.navigate", ["url": .string(url)], session: session) },
            run: { expression in
                let evaluation = try await remote.call(
                    "Runtime.evaluate",
                    ["expression": .string(expression), "awaitPromise": true, "returnByValue": true, "userGesture": true],
                    session: session, within: .seconds(60), as: Evaluation.self)
                return evaluation.result.value ?? #"{"error":"no string"}"#
            },
            close: { try await remote.call("Target.disposeBrowserContext", ["browserContextId": .string(context)]) })
    }
}
