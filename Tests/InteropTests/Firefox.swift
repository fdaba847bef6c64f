import Foundation
import TestProcesses

/// Debian's Firefox, driven through WebDriver BiDi.
struct Firefox: Browser {
    let version: String
    private let remote: RemoteProtocol

    private struct Session: Decodable {
        struct Capabilities: Decodable { var browserVersion: String }
        var capabilities: Capabilities
    }
    private struct UserContext: Decodable { var userContext: String }
    private struct Context: Decodable { var context: String }
    private struct Evaluation: Decodable {
        struct Result: Decodable { var value: String? }
        var result: Result?
    }

    static let preferences: [String: String] = [
        "media.navigator.streams.fake": "true", "media.navigator.permission.disabled": "true", "media.autoplay.default": "0",
        "media.autoplay.blocking_policy": "0", "datareporting.policy.dataSubmissionEnabled": "false", "app.update.enabled": "false",
        "browser.shell.checkDefaultBrowser": "false", "toolkit.telemetry.enabled": "false", "remote.active-protocols": "1",
        "network.captive-portal-service.enabled": "false", "network.connectivity-service.enabled": "false",
        "dom.min_background_timeout_value": "4",
    ]

    init(_ group: ProcessGroup, profile: String) async throws {
        try FileManager.default.createDirectory(atPath: profile, withIntermediateDirectories: true)
        let lines = Self.preferences.map { "user_pref(\"\($0)\", \($1));\n" }
        try lines.joined().write(toFile: profile + "/user.js", atomically: true, encoding: .utf8)
        let process = try group.start(
            [BrowserKind.firefox.program, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"],
            environment: ["MOZ_HEADLESS": "1"])
        let line = try await process.line(with: "WebDriver BiDi listening on ", within: .seconds(60), on: \.errors)
        remote = try await RemoteProtocol("\(line.split(separator: " ").last ?? "")/session")
        let session = try await remote.call("session.new", ["capabilities": [:]], as: Session.self)
        version = "Firefox " + session.capabilities.browserVersion
    }

    func newPage(for origin: String, _ permission: Page.Permission, through relay: String?) async throws -> Page {
        let user = try await remote.call("browser.createUserContext", as: UserContext.self).userContext
        let context = try await remote.call(
            "browsingContext.create", ["type": "window", "userContext": .string(user)], as: Context.self
        ).context
        // BiDi cannot set these permissions yet (ESR 153).
        let denial = "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError') }"
        let script = Page.preload(through: relay) + (permission == .denied ? "\n" + denial : "")
        try await remote.call(
            "script.addPreloadScript", ["functionDeclaration": .string("() => { \(script) }"), "contexts": [.string(context)]])
        return Page(
            open: { url in
                try await remote.call(
                    "browsingContext.navigate", ["context": .string(context), "url": .string(url), "wait": "complete"])
            },
            run: { expression in
                let evaluation = try await remote.call(
                    "script.evaluate",
                    [
                        "expression": .string(expression), "awaitPromise": true, "target": ["context": .string(context)],
                        "userActivation": true,
                    ],
                    within: .seconds(60), as: Evaluation.self)
                return evaluation.result?.value ?? #"{"error":"no string"}"#
            },
            close: { try await remote.call("browser.removeUserContext", ["userContext": .string(user)]) })
    }
}
