import Foundation
import TestProcesses
import Testing

/// The browsers of a run: each is started when it is first asked for, and ends with the suite.
actor Browsers {
    @TaskLocal static var current = Browsers()

    private let group = ProcessGroup()
    private let folder = NSTemporaryDirectory() + "/glyphone-browsers-\(getpid())"
    private var started: [BrowserKind: any Browser] = [:]

    func browser(_ kind: BrowserKind) async throws -> any Browser {
        if let browser = started[kind] { return browser }
        let profile = "\(folder)/\(kind.rawValue)"
        let browser: any Browser =
            switch kind {
            case .chromium: try await Chromium(group, profile: profile)
            case .firefox: try await Firefox(group, profile: profile)
            }
        started[kind] = browser
        return browser
    }

    func end() async {
        await group.end()
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// Ends the browsers after the last test of a suite.
struct SharedBrowsers: SuiteTrait, TestScoping {
    func provideScope(for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void) async throws {
        let browsers = Browsers()
        do {
            try await Browsers.$current.withValue(browsers) { try await body() }
            await browsers.end()
        } catch {
            await browsers.end()
            throw error
        }
    }
}

extension Trait where Self == SharedBrowsers {
    static var sharedBrowsers: Self { SharedBrowsers() }
}
