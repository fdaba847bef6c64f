import Foundation
import TestProcesses

/// The two pages of the server.
enum WebPage: String, Sendable {
    case htmx, socketio

    static let all: [WebPage] = [.htmx, .socketio]
    static let (first, last) = (WebPage.htmx, WebPage.socketio)
}

/// A person at one of the pages, who does what a person can.
struct WebClient: Sendable {
    let page: Page
    let browser: String

    /// Opens a page and goes online.
    static func online(
        _ kind: BrowserKind, _ web: WebPage, as name: String, at url: String, _ permission: Page.Permission = .granted,
        through relay: String? = nil
    ) async throws -> WebClient {
        let client = try await opened(kind, web, at: url, permission, through: relay)
        try await client.enter(name)
        try await client.page.wait(for: "document.querySelector('#session')?.textContent === 'Online as \(name)'")
        return client
    }

    /// Opens a page.
    ///
    /// - Parameters:
    ///   - url: the server's, as it prints it.
    ///   - relay: where signals go instead.
    static func opened(
        _ kind: BrowserKind, _ web: WebPage, at url: String, _ permission: Page.Permission = .granted, through relay: String? = nil
    ) async throws -> WebClient {
        let origin = url.replacing("ws://", with: "http://").replacing("/ws", with: "")
        let browser = try await Browsers.current.browser(kind)
        let page = try await browser.newPage(for: origin, permission, through: relay)
        try await page.open("\(origin)/\(web.rawValue)")
        // The call's elements come last.
        try await page.wait(for: "document.querySelector('#hang-up') && document.querySelector('#enter')")
        return WebClient(page: page, browser: browser.version)
    }

    func enter(_ name: String) async throws {
        try await page.perform(
            """
            const form = document.querySelector('#enter')
            form.elements.name.value = \(JSON.literal(name))
            form.requestSubmit()
            """)
    }

    func press(_ id: String) async throws {
        try await page.wait(for: "!document.getElementById('\(id)').disabled && document.getElementById('\(id)').checkVisibility()")
        try await page.perform("document.getElementById('\(id)').click()")
    }

    /// Calls somebody from the roster, once the name is there and free.
    func call(_ name: String) async throws {
        let button = "[...document.querySelectorAll('#roster button:enabled')].find(button => button.textContent === 'Call \(name)')"
        try await page.wait(for: button)
        try await page.perform("\(button).click()")
    }

    func answer() async throws {
        try await page.wait(for: "document.querySelector('#incoming').open")
        try await press("answer")
    }

    func connected() async throws {
        try await page.wait(for: "document.querySelector('#call-state').textContent === 'Connected'")
    }

    /// Waits until the call is over, for which the page has these words.
    func ended(_ words: String) async throws {
        try await page.wait(for: "!document.querySelector('#incoming').open && document.querySelector('#call').hidden")
        try await page.wait(for: "document.querySelector('#said').textContent === \(JSON.literal(words))")
    }

    func statistics() async throws -> WebStatistics {
        try await page.evaluate(WebStatistics.expression)
    }
}
