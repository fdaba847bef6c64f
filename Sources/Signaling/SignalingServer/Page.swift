import NIOHTTP1
import SignalingProtocol

/// What an HTTP request is answered with.
struct Page {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: [UInt8]

    static func text(_ status: HTTPResponseStatus, _ text: String) -> Page {
        Page(status: status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: Array("\(text)\n".utf8))
    }
}

extension ServerCore {
    func page(for request: HTTPRequestHead) -> Page {
        let target = RequestTarget(request.uri)
        guard let segments = target.segments else { return .text(.badRequest, "This path is not UTF-8.") }
        guard request.method == .GET || request.method == .HEAD else {
            var page = Page.text(.methodNotAllowed, "Only GET and HEAD are answered here.")
            page.headers.add(name: "Allow", value: "GET, HEAD")
            return page
        }
        switch segments {
        case ["healthz"]: return .text(.ok, "ok")
        case ["readyz"]: return isDraining ? .text(.serviceUnavailable, "shutting down") : .text(.ok, "ready")
        case ["metrics"]: return metricsPage
        case ["ws"]: return upgradeRequiredPage
        default:
            if let page = configuration.web?.page(at: segments, request) { return page }
            if segments == [""] { return .text(.ok, "This is a Glyphone signaling server. Its WebSocket is at /ws.") }
            if segments.count == 4, segments[0] == "api", segments[1] == "rooms", segments[3] == "peers" {
                return peersPage(room: segments[2], request: request, target: target)
            }
            return .text(.notFound, "Nothing is here. The WebSocket is at /ws.")
        }
    }

    private var upgradeRequiredPage: Page {
        guard !isDraining else {
            var page = Page.text(.serviceUnavailable, "The server is shutting down. Try again in some seconds.")
            page.headers.add(name: "Retry-After", value: "5")
            return page
        }
        var page = Page.text(.upgradeRequired, "This is the WebSocket: connect with ws:// and version 13.")
        page.headers.add(name: "Sec-WebSocket-Version", value: "13")
        return page
    }

    private func peersPage(room: String, request: HTTPRequestHead, target: RequestTarget) -> Page {
        guard let name = try? Name(room) else { return .text(.badRequest, "The room's name cannot be used.") }
        guard isAuthorized(request, target) else {
            var page = Page.text(.unauthorized, "This server demands its token, as `Authorization: Bearer`.")
            page.headers.add(name: "WWW-Authenticate", value: "Bearer")
            return page
        }
        var headers: HTTPHeaders = ["Cache-Control": "no-store", "Vary": "HX-Request"]
        if request.headers.first(name: "HX-Request") == "true", let fragment = configuration.web?.peers {
            headers.add(name: "Content-Type", value: "text/html; charset=utf-8")
            return Page(status: .ok, headers: headers, body: Array(fragment.html(hub.peers(in: name)).utf8))
        }
        headers.add(name: "Content-Type", value: "application/json")
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("peers")
            writer.array { writer in for peer in hub.peers(in: name) { peer.write(to: &writer) } }
        }
        return Page(status: .ok, headers: headers, body: writer.bytes)
    }

    private func isAuthorized(_ request: HTTPRequestHead, _ target: RequestTarget) -> Bool {
        guard let token = configuration.hub.token else { return true }
        let bearer = request.headers.first(name: "Authorization").flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
        return Hub.isSame(token, bearer ?? target.parameter("token") ?? "")
    }
}
