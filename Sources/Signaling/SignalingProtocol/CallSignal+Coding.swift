extension CallSignal.Body {
    static let readers: [String: @Sendable (MemberReader) throws(BadMessage) -> CallSignal.Body] = [
        "offer": { (reader) throws(BadMessage) in .offer(sdp: try reader.string("sdp")) },
        "ringing": { _ in .ringing },
        "answer": { (reader) throws(BadMessage) in .answer(sdp: try reader.string("sdp")) },
        "candidate": { (reader) throws(BadMessage) in .candidate(try Candidate(reader)) },
        "bye": { (reader) throws(BadMessage) in .bye(try ByeReason(reader)) },
    ]
}

extension CallSignal {
    func writeMembers(to writer: inout JSONWriter) {
        writer.member("call", call)
        switch body {
        case .offer(let sdp), .answer(let sdp): writer.member("sdp", sdp)
        case .ringing: break
        case .candidate(let candidate):
            writer.key("candidate")
            if let candidate { candidate.write(to: &writer) } else { writer.null() }
        case .bye(let reason): writer.member("reason", reason.rawValue)
        }
    }
}

extension ByeReason {
    init(_ reader: MemberReader) throws(BadMessage) {
        guard let text = try reader.optionalString("reason") else {
            self = .hangup
            return
        }
        guard let reason = ByeReason(rawValue: text) else {
            throw reader.failure("`reason` of `bye` must be hangup, declined, busy, cancelled, timeout or failed.")
        }
        self = reason
    }
}

extension Candidate {
    /// `nil` for the `null` that ends the candidates.
    init?(_ outer: MemberReader) throws(BadMessage) {
        switch outer.object["candidate"] {
        case .null: return nil
        case .object(let object):
            let reader = MemberReader(object, of: "candidate")
            candidate = try reader.string("candidate")
            sdpMid = try reader.optionalString("sdpMid")
            usernameFragment = try reader.optionalString("usernameFragment")
            switch object["sdpMLineIndex"] {
            case nil, .null: sdpMLineIndex = nil
            default:
                guard let index = UInt16(exactly: try reader.integer("sdpMLineIndex")) else {
                    throw outer.failure("`sdpMLineIndex` must lie between 0 and 65535.")
                }
                sdpMLineIndex = Int(index)
            }
        case let other: throw outer.wrong("candidate", other, wanted: "an object or null")
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("candidate", candidate)
            writer.member("sdpMid", ifAny: sdpMid)
            if let sdpMLineIndex { writer.member("sdpMLineIndex", Int64(sdpMLineIndex)) }
            writer.member("usernameFragment", ifAny: usernameFragment)
        }
    }
}
