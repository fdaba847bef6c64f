import Foundation
import Glibc
import TestProcesses
import Testing

extension InteropTests {
    /// Calls between the pages and others, as far as signaling goes.
    @Suite struct SessionTests {
        @Test(arguments: BrowserKind.allCases, WebPage.all)
        func `A page that is closed in a call has left`(_ kind: BrowserKind, _ page: WebPage) async throws {
            try await withProcesses { group in
                let call = try await BrowserCall.connected(group, kind, page, as: .caller)
                try await call.pass(seconds: 1)
                let monitor = try group.start([Programs.glyphone, "monitor", "--server", call.url])
                _ = try await monitor.line(with: "web calls bot  active", within: .seconds(20))
                try await call.web.page.close()
                // By the server's word, or by the end of DTLS where a browser tells that first.
                _ = try await call.bot.output.wait(within: .seconds(20), for: "the end of the call") { transcript in
                    (try? transcript.events())?.first { $0.isEnded && ($0.reason == "gone" || $0.reason == "hangup") }
                }
                // At once, not as one whose connection was lost.
                _ = try await monitor.line(with: "web  left", within: .seconds(20))
            }
        }

        @Test(arguments: [
            (BrowserKind.chromium, WebPage.first, BrowserKind.firefox, WebPage.last),
            (.firefox, .first, .chromium, .last), (.chromium, .last, .chromium, .first),
        ])
        func `A page calls a page`(_ kind: BrowserKind, _ page: WebPage, _ otherKind: BrowserKind, _ otherPage: WebPage) async throws {
            try await withProcesses { group in
                let (_, url) = try await group.server()
                let alice = try await WebClient.online(kind, page, as: "alice", at: url)
                let bob = try await WebClient.online(otherKind, otherPage, as: "bob", at: url)
                try await alice.call("bob")
                try await bob.answer()
                try await alice.connected()
                try await bob.connected()
                for client in [alice, bob] {
                    try await client.page.wait(
                        for: "\(WebStatistics.expression).then(s => s.framesDecoded > 60 && s.framesEncoded > 60 && s.audioEnergy > 0)")
                    try await client.page.wait(for: "document.querySelector('#remote').videoWidth > 0")
                }
                // The one who is called has to press nothing to be told that the picture is away, and back.
                try await alice.press("camera")
                try await bob.page.wait(for: "document.querySelector('#remote-note').textContent === 'No picture from alice'")
                try await alice.press("camera")
                try await bob.page.wait(for: "document.querySelector('#remote-note').textContent === ''")
                try await bob.press("hang-up")
                try await alice.ended("bob hung up.")
                try await bob.ended("You hung up.")
                try await alice.page.close()
                try await bob.page.close()
            }
        }

        @Test(arguments: WebPage.all)
        func `A call is declined, given up, and refused by who is busy`(_ page: WebPage) async throws {
            try await withProcesses { group in
                let (_, url) = try await group.server()
                let web = try await WebClient.online(.chromium, page, as: "web", at: url)
                let caller = try group.bot("caller", at: url, ["--call", "web"])
                try await web.page.wait(for: "document.querySelector('#incoming').open && document.title.includes('caller')")
                #expect(try await web.page.evaluate("document.activeElement.id", as: String.self) == "answer")
                try await web.press("decline")
                try await web.ended("You declined caller's call.")
                try await caller.endOfCall("declined", status: 10)

                // A bot without --auto-answer lets it ring.
                let quiet = try group.bot("quiet", at: url, [])
                try await web.call("quiet")
                try await web.page.wait(for: "document.querySelector('#call-state').textContent === 'Ringing'")
                try await web.press("hang-up")
                try await web.ended("You gave up calling quiet.")
                _ = try await quiet.line(with: #""reason":"cancelled""#, within: .seconds(20))
                try await web.page.close()
            }
        }

        @Test(arguments: WebPage.all)
        func `A call outlives its server, and the page resumes at the next`(_ page: WebPage) async throws {
            let state = Programs.newPath("state")
            try await withProcesses { group in
                let (server, url) = try await group.server(["--port", "0", "--state", state])
                let port = try #require(url.split(separator: ":").last?.prefix { $0.isNumber })
                let bot = try await group.answeringBot("bot", at: url)
                let web = try await WebClient.online(.chromium, page, as: "web", at: url)
                try await web.call("bot")
                try await bot.connected()
                try await web.connected()
                server.send(signal: SIGKILL)
                _ = try await server.end(within: .seconds(10))
                try await web.page.wait(for: "document.querySelector('#session').textContent === 'The server is away. Trying again'")
                _ = try await group.server(["--port", String(port), "--state", state])
                try await web.page.wait(within: .seconds(25), for: "document.querySelector('#session').textContent === 'Online as web'")
                _ = try await bot.line(with: "The server is back", within: .seconds(20), on: \.errors)
                try await web.connected()
                // What is sent now reaches the other: the session is the same.
                try await web.press("camera")
                try await web.page.wait(for: "connections.at(-1).getTransceivers().some(t => t.currentDirection === 'recvonly')")
                try await web.press("hang-up")
                try await bot.endOfCall("hangup", status: 0)
                try await web.page.close()
            }
        }

        @Test(arguments: WebPage.all)
        func `What is wrong with a name is said in words, and markup stays text`(_ page: WebPage) async throws {
            try await withProcesses { group in
                let (_, url) = try await group.server()
                let name = "<img src=x onerror=hacked=1>"
                let web = try await WebClient.opened(.chromium, page, at: url)
                try await web.enter(name)
                try await web.page.wait(
                    for: "document.querySelector('#said').textContent.includes('name') && !document.querySelector('#enter').hidden")
                // A peer's own words for itself, and a name with all that names may have.
                try await web.enter("web")
                try await web.page.wait(for: "document.querySelector('#session')?.textContent === 'Online as web'")
                let other = try await WebClient.opened(.chromium, page, at: url)
                try await other.page.perform(
                    """
                    const socket = new WebSocket(location.origin.replace('http', 'ws') + '/ws')
                    await new Promise(resolve => { socket.onopen = resolve })
                    socket.send(JSON.stringify({ type: 'join', name: "A\\u0301-\\u05d0 _.9", client: '\(name)' }))
                    """)
                try await web.page.wait(for: "document.querySelector('#roster .peer-name')?.textContent === '\\u00c1-\\u05d0 _.9'")
                #expect(try await web.page.evaluate("!document.querySelector('img') && !window.hacked", as: Bool.self))
                try await other.page.close()
                try await web.page.wait(for: "document.querySelector('#roster').childElementCount === 0")
                try await web.page.close()
            }
        }

        @Test(arguments: WebPage.all)
        func `The policy keeps inline scripts out, and the page breaks none of it`(_ page: WebPage) async throws {
            try await withProcesses { group in
                let (_, url) = try await group.server()
                let web = try await WebClient.opened(.chromium, page, at: url)
                try await web.page.perform(
                    """
                    window.broken = []
                    document.addEventListener('securitypolicyviolation', event => broken.push(event.violatedDirective))
                    """)
                try await web.enter("web")
                try await web.page.wait(for: "document.querySelector('#session')?.textContent === 'Online as web'")
                #expect(try await web.page.evaluate("broken", as: [String].self) == [])
                try await web.page.perform(
                    """
                    const script = document.createElement('script')
                    script.textContent = 'window.hacked = 1'
                    document.body.append(script)
                    """)
                try await web.page.wait(for: "broken.includes('script-src-elem')")
                #expect(try await web.page.evaluate("!window.hacked", as: Bool.self))
                try await web.page.close()
            }
        }
    }
}
