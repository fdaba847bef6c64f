import FoundationEssentials
import NIOHTTP1

/// The browser clients, read once when the server starts: nothing that a request says reaches the file system.
public struct WebPages: Sendable {
    /// Why a folder cannot be served, in one line for people.
    public struct Failure: Error, CustomStringConvertible {
        public var description: String
    }

    struct File: Sendable {
        var type: String
        var tag: String
        var body: [UInt8]
    }

    /// The folder has about a dozen small files; one with more, or larger ones, is the wrong folder.
    private static let countLimit = 64
    private static let sizeLimit = 1 << 20

    /// Under their paths in the folder.
    private var files: [String: File] = [:]
    /// The roster for HTMX, where the folder has a template for it.
    private(set) var peers: PeersFragment?

    private static let types = [
        "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8",
        "svg": "image/svg+xml",
        "mustache": "",
    ]
    private static let template = "peers.mustache"

    /// What each page needs of the libraries that `Assets/setup web` fetches.
    private static let libraries = ["htmx.html": ["lib/htmx-2.min.js", "lib/hx-ws-2.min.js"], "socketio.html": ["lib/socket.io.min.js"]]

    /// Reads a folder, and its folder `lib`.
    ///
    /// - Throws: ``Failure`` when it is not the folder of the pages.
    public init(folder: String) throws {
        for subfolder in ["", "lib/"] {
            for name in try Self.names(in: "\(folder)/\(subfolder)", isRequired: subfolder.isEmpty) {
                guard let type = name.split(separator: ".").last.flatMap({ Self.types[String($0)] }) else { continue }
                guard let data = try? Data(contentsOf: URL(filePath: "\(folder)/\(subfolder)\(name)")), data.count <= Self.sizeLimit else {
                    throw Failure(description: "The page file \"\(folder)/\(subfolder)\(name)\" cannot be read, or is over 1 MiB.")
                }
                if name == Self.template {
                    peers = try Self.fragment(data, "\(folder)/\(name)")
                    continue
                }
                files[subfolder + name] = File(type: type, tag: Self.tag(data), body: Array(data))
            }
        }
        guard files["index.html"] != nil else {
            throw Failure(description: "\"\(folder)\" does not hold the browser clients: there is no index.html in it.")
        }
    }

    private static func names(in folder: String, isRequired: Bool) throws -> [String] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder), names.count <= countLimit else {
            if !isRequired { return [] }
            throw Failure(description: "The folder \"\(folder)\" cannot be read, or is too large to be that of the browser clients.")
        }
        return names.sorted()
    }

    private static func fragment(_ data: Data, _ path: String) throws -> PeersFragment {
        do {
            return try PeersFragment(template: String(decoding: data, as: UTF8.self))
        } catch {
            throw Failure(description: "The template \"\(path)\" cannot be read: \(error).")
        }
    }

    /// A strong entity tag: the size, and FNV-1a over the content.
    private static func tag(_ data: Data) -> String {
        let hash = data.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return "\"\(data.count)-\(String(hash, radix: 36))\""
    }

    /// The answer to a path, as segments; `nil` where no file is.
    func page(at segments: [String], _ request: HTTPRequestHead) -> Page? {
        let path: String
        switch segments {
        case [""]: path = "index.html"
        case ["htmx"]: path = "htmx.html"
        case ["socketio"]: path = "socketio.html"
        case _ where segments.first == "web": path = segments.dropFirst().joined(separator: "/")
        default: return nil
        }
        guard let file = files[path] else { return nil }
        if let missing = Self.libraries[path]?.first(where: { files[$0] == nil }) {
            let name = missing.dropFirst("lib/".count)
            return .text(
                .serviceUnavailable,
                "This page needs \(name), which is fetched when the server is set up: run Assets/setup web, then start the server again.")
        }
        return page(file, request)
    }

    private func page(_ file: File, _ request: HTTPRequestHead) -> Page {
        var headers = Self.security
        headers.add(name: "Content-Type", value: file.type)
        headers.add(name: "ETag", value: file.tag)
        // Asked for anew each time, answered with 304 while it is the same: a new server never meets an old script.
        headers.add(name: "Cache-Control", value: "no-cache")
        let known = request.headers[canonicalForm: "If-None-Match"].map { $0.hasPrefix("W/") ? $0.dropFirst(2) : $0 }
        if known.contains(where: { $0 == "*" || $0 == file.tag }) { return Page(status: .notModified, headers: headers, body: []) }
        return Page(status: .ok, headers: headers, body: file.body)
    }

    /// Scripts, styles and connections of this server alone, and nothing inline.
    private static let security: HTTPHeaders = [
        "Content-Security-Policy":
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
            + "form-action 'none'; frame-ancestors 'none'",
        "Permissions-Policy": "camera=(self), microphone=(self), speaker-selection=(self), geolocation=()",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    ]
}
