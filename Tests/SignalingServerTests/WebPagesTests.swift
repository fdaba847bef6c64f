import Foundation
import SignalingProtocol
import SignalingServer
import Testing

@Suite(.timeLimit(.minutes(5))) struct WebPagesTests {
    private let pages = ["index.html": "<h1>Glyphone</h1>", "htmx.html": "<h1>HTMX</h1>", "call.js": "ring()", "notes.txt": "private"]

    /// A server with these files, beside which lies one that is nobody's business.
    private func withPages(
        _ files: [String: String], _ body: (SignalingServer) async throws -> Void
    ) async throws {
        try await withFolder(files) { folder in
            try "secret".write(toFile: folder + "/../secret.js", atomically: true, encoding: .utf8)
            try await withServer(ServerConfiguration(web: try WebPages(folder: folder)), body)
        }
    }

    private func withFolder(_ files: [String: String], _ body: (String) async throws -> Void) async throws {
        let parent = NSTemporaryDirectory() + "/glyphone-pages-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: parent) }
        try FileManager.default.createDirectory(atPath: parent + "/web/lib", withIntermediateDirectories: true)
        for (name, text) in files { try text.write(toFile: "\(parent)/web/\(name)", atomically: true, encoding: .utf8) }
        try await body(parent + "/web")
    }

    private func get(_ target: String, _ server: SignalingServer, method: String = "GET", headers: String = "") async throws -> (
        head: String, body: String
    ) {
        try await HTTPTests().get(target, server, method: method, headers: headers)
    }

    @Test func `Pages come with their type and a policy that lets nothing inline in`() async throws {
        try await withPages(pages) { server in
            let (head, body) = try await get("/", server)
            #expect(head.hasPrefix("HTTP/1.1 200 OK"))
            #expect(head.contains("Content-Type: text/html; charset=utf-8"))
            let policy = try #require(head.split(separator: "\r\n").first { $0.hasPrefix("Content-Security-Policy: ") })
            #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'self';") && !policy.contains("unsafe"))
            for header in ["X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer", "frame-ancestors 'none'"] {
                #expect(head.contains(header))
            }
            #expect(body == "<h1>Glyphone</h1>")
            #expect(try await get("/web/call.js", server).head.contains("Content-Type: text/javascript"))
            let (headOnly, nothing) = try await get("/web/call.js", server, method: "HEAD")
            #expect(headOnly.contains("Content-Length: 6"))
            #expect(nothing.isEmpty)
        }
    }

    @Test func `A page that has not changed is not sent again`() async throws {
        try await withPages(pages) { server in
            let head = try await get("/", server).head
            let tag = try #require(head.split(separator: "\r\n").first { $0.hasPrefix("ETag: ") }?.dropFirst("ETag: ".count))
            for known in ["\(tag)", "\"other\", W/\(tag)", "*"] {
                let (head, body) = try await get("/", server, headers: "If-None-Match: \(known)\r\n")
                #expect(head.hasPrefix("HTTP/1.1 304 "))
                #expect(body.isEmpty)
            }
            #expect(try await get("/", server, headers: "If-None-Match: \"other\"\r\n").head.hasPrefix("HTTP/1.1 200 "))
            #expect(try await get("/web/call.js", server, headers: "If-None-Match: \(tag)\r\n").head.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test(arguments: [
        "/web/../secret.js", "/web/..%2fsecret.js", "/web/%2e%2e/secret.js", "/web//secret.js", "/web/lib/../../secret.js", "/web/", "/web",
        "/web/notes.txt", "/web/peers.mustache", "/web/%00", "/call.js", "/htmx/", "/socketio",
    ]) func `Nothing but the pages is served`(_ target: String) async throws {
        try await withPages(pages.merging(["peers.mustache": ""]) { $1 }) { server in
            let (head, body) = try await get(target, server)
            #expect(head.hasPrefix("HTTP/1.1 404 "), "\(head)")
            #expect(!body.contains("secret"))
        }
    }

    @Test func `A page whose library is missing says how to get it`() async throws {
        try await withPages(pages) { server in
            let (head, body) = try await get("/htmx", server)
            #expect(head.hasPrefix("HTTP/1.1 503 "))
            #expect(body.contains("htmx-2.min.js") && body.contains("Assets/setup web"))
        }
        try await withPages(pages.merging(["lib/htmx-2.min.js": "1", "lib/hx-ws-2.min.js": "2"]) { $1 }) { server async throws in
            #expect(try await get("/htmx", server).body == "<h1>HTMX</h1>")
            #expect(try await get("/web/lib/hx-ws-2.min.js", server).body == "2")
        }
    }

    @Test func `The roster is a fragment for HTMX and JSON for others`() async throws {
        let template = "{{#peers}}<li data-status=\"{{status}}\">{{name}} {{words}}{{^isFree}} disabled{{/isFree}}</li>{{/peers}}"
        try await withPages(pages.merging(["peers.mustache": template]) { $1 }) { server in
            let (bob, _) = try await RawSocket.joined(server, "Bob")
            let (alice, _) = try await RawSocket.joined(server, "alice")
            alice.send(.status(.dnd))
            alice.send(.join(Join(name: "again")))
            #expect(await alice.error()?.code == .alreadyJoined)
            let (head, body) = try await get("/api/rooms/lobby/peers", server, headers: "HX-Request: true\r\n")
            #expect(head.contains("Content-Type: text/html; charset=utf-8") && head.contains("Vary: HX-Request"))
            #expect(
                body
                    == "<li data-status=\"dnd\">alice not to be disturbed disabled</li><li data-status=\"available\">Bob available</li>")
            #expect(try await get("/api/rooms/lobby/peers", server).head.contains("application/json"))
            alice.close()
            bob.close()
        }
    }

    @Test func `A folder that is not that of the pages is refused in words`() async throws {
        try await withFolder(["other.html": ""]) { folder in
            #expect(refusal(folder).contains("no index.html"))
            #expect(refusal(folder + "/none").contains("cannot be read"))
        }
        try await withFolder(["index.html": "", "peers.mustache": "{{#open}}"]) { folder in
            #expect(refusal(folder).contains("template"))
        }
    }

    private func refusal(_ folder: String) -> String {
        #expect(throws: WebPages.Failure.self) { try WebPages(folder: folder) }?.description ?? ""
    }
}
