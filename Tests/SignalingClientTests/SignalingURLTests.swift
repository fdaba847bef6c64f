import SignalingClient
import Testing

@Suite struct SignalingURLTests {
    @Test(arguments: [
        ("ws://localhost:8080", false, "localhost", 8080, "/ws", "ws://localhost:8080/ws"),
        ("ws://example.org", false, "example.org", 80, "/ws", "ws://example.org/ws"),
        ("WSS://example.org/", true, "example.org", 443, "/ws", "wss://example.org/ws"),
        ("wss://example.org:8443/call/ws?x=1#y", true, "example.org", 8443, "/call/ws?x=1", "wss://example.org:8443/call/ws?x=1"),
        ("ws://[::1]:9", false, "::1", 9, "/ws", "ws://[::1]:9/ws"),
        ("ws://[fe80::1%25eth0]/", false, "fe80::1%25eth0", 80, "/ws", "ws://[fe80::1%25eth0]/ws"),
        ("ws://127.0.0.1:1?a", false, "127.0.0.1", 1, "/ws?a", "ws://127.0.0.1:1/ws?a"),
        ("http://h:1", false, "h", 1, "/ws", "ws://h:1/ws"),
        ("https://h", true, "h", 443, "/ws", "wss://h/ws"),
    ])
    func reads(_ text: String, isSecure: Bool, host: String, port: Int, path: String, description: String) throws {
        let url = try SignalingURL(text)
        #expect(url.isSecure == isSecure)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.path == path)
        #expect(url.description == description)
    }

    @Test(arguments: [
        "", "localhost", "localhost:8080", "ftp://h", "ws:/h", "ws://", "ws:///ws", "ws://:80", "ws://h:", "ws://h:0", "ws://h:65536",
        "ws://h:-1",
        "ws://h:x", "ws://h:80:90", "ws://[::1", "ws://[]", "ws://[::1]x", "ws://[h]:1", "ws://user@h", "ws://h/\r\nX: y", "ws://h ost",
        "ws://hö.de", "ws://h\0",
    ])
    func refuses(_ text: String) {
        do {
            let url = try SignalingURL(text)
            Issue.record("read as \(url)")
        } catch {
            #expect(error.kind == .wrongURL)
            #expect(error.exitStatus == 64)
            #expect(error.description.hasSuffix("Give one like ws://localhost:8080."))
        }
    }
}
