import Foundation
import Wire

/// Replaces the addresses of ICE candidates in signaling messages by a relay's.
struct CandidateRewriter: Sendable {
    /// The address to name in place of another; `nil` if there is none, and the candidate is to be withheld.
    var replace: @Sendable (TransportAddress) async -> TransportAddress?

    /// A message as it is to be passed on; `nil` if it only held a candidate that is to be withheld.
    func rewrite(message text: String) async -> String? {
        // What is no message, or cannot be one, is for the receiver to refuse.
        guard var message = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else { return text }
        switch message["type"] as? String {
        case "candidate":
            guard var candidate = message["candidate"] as? [String: Any], let line = candidate["candidate"] as? String,
                !line.isEmpty
            else { return text }
            guard let rewritten = await rewrite(line: line) else { return nil }
            candidate["candidate"] = rewritten
            message["candidate"] = candidate
        case "offer", "answer":
            guard let sdp = message["sdp"] as? String else { return text }
            message["sdp"] = await rewrite(sdp: sdp)
        default: return text
        }
        guard let data = try? JSONSerialization.data(withJSONObject: message, options: [.withoutEscapingSlashes]) else { return text }
        return String(decoding: data, as: UTF8.self)
    }

    func rewrite(sdp: String) async -> String {
        var lines: [String] = []
        for line in sdp.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "\r\n" || $0 == "\n" }) {
            if line.hasPrefix("a=candidate:") {
                if let rewritten = await rewrite(line: String(line)) { lines.append(rewritten) }
            } else {
                lines.append(String(line))
            }
        }
        return lines.joined(separator: "\r\n")
    }

    /// A candidate attribute (RFC 8839 section 5.1): foundation, component, transport, priority, address, port, and more.
    ///
    /// Candidates of TCP, and those whose address is a name, would lead past the relay: `nil`.
    func rewrite(line: String) async -> String? {
        var tokens = line.split(separator: " ").map(String.init)
        guard tokens.count >= 8, tokens[2].lowercased() == "udp", let port = UInt16(tokens[5]),
            let address = TransportAddress(tokens[4], port: port), let other = await replace(address)
        else { return nil }
        tokens[4] = other.ip.description
        tokens[5] = String(other.port)
        // The related address tells where the candidate really is.
        for index in tokens.indices.dropLast() {
            switch tokens[index] {
            case "raddr": tokens[index + 1] = other.ip.isIPv6 ? "::" : "0.0.0.0"
            case "rport": tokens[index + 1] = "0"
            default: break
            }
        }
        return tokens.joined(separator: " ")
    }
}
