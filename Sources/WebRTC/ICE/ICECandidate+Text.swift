import Wire

/// Why a text is no candidate.
public enum ICECandidateError: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLong
    case missingFields
    case unknownTransport(String)
    case invalid(field: String, value: String)

    public var description: String {
        switch self {
        case .tooLong: "the ICE candidate is longer than \(ICECandidate.maximumLength) bytes"
        case .missingFields: "the ICE candidate lacks fields"
        case .unknownTransport(let transport): "the ICE candidate's transport \"\(transport)\" is neither UDP nor TCP"
        case .invalid(let field, let value): "the ICE candidate's \(field) \"\(value)\" is invalid"
        }
    }
}

extension ICECandidate: LosslessStringConvertible {
    /// Longer than any real one: a name of 253 bytes, a user fragment of 256 and the rest.
    static let maximumLength = 1024

    public init?(_ description: String) {
        guard let candidate = try? ICECandidate(parsing: description) else { return nil }
        self = candidate
    }

    /// Parses `candidate:...` (as W3C's RTCIceCandidate has it) or `a=candidate:...` (as SDP has it), RFC 8839 section 5.1.
    ///
    /// Keywords may be in either case; extensions that are not known are skipped.
    public init(parsing text: String) throws(ICECandidateError) {
        guard text.utf8.count <= Self.maximumLength else { throw .tooLong }
        // By bytes: a combining mark forms one `Character` with the space before it, which must not hide the space.
        var fields = text.utf8.split { $0 == 0x20 || $0 == 0x0d || $0 == 0x0a }.map { Substring($0) }[...]
        guard fields.count >= 8 else { throw .missingFields }

        var head = fields[0]
        for prefix in ["a=", "candidate:"] where head.lowercased().hasPrefix(prefix) { head = head.dropFirst(prefix.count) }
        guard (1...32).contains(head.utf8.count), head.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw .invalid(field: "foundation", value: String(head))
        }
        foundation = String(head)
        guard let component = Int(fields[1]), (1...256).contains(component) else {
            throw .invalid(field: "component", value: String(fields[1]))
        }
        self.component = component
        guard let transport = Transport(rawValue: fields[2].lowercased()) else { throw .unknownTransport(String(fields[2])) }
        self.transport = transport
        guard let priority = UInt32(fields[3]), priority <= UInt32(Int32.max) else {
            throw .invalid(field: "priority", value: String(fields[3]))
        }
        self.priority = priority
        guard let port = UInt16(fields[5]) else { throw .invalid(field: "port", value: String(fields[5])) }
        address = try Self.address(fields[4], port: port)
        guard fields[6].lowercased() == "typ", let type = ICECandidateType(rawValue: fields[7].lowercased()) else {
            throw .invalid(field: "type", value: String(fields[7]))
        }
        self.type = type

        fields = fields.dropFirst(8)
        var relatedAddress: IPAddress?
        var relatedPort: UInt16?
        while let name = fields.popFirst(), let value = fields.popFirst() {
            switch name.lowercased() {
            case "raddr": relatedAddress = IPAddress(value)
            case "rport": relatedPort = UInt16(value)
            case "tcptype": tcpType = value.lowercased()
            case "ufrag":
                guard (1...256).contains(value.utf8.count) else { throw .invalid(field: "ufrag", value: String(value)) }
                usernameFragment = String(value)
            default: break
            }
        }
        if let relatedAddress, let relatedPort { related = TransportAddress(ip: relatedAddress, port: relatedPort) }
    }

    private static func address(_ text: Substring, port: UInt16) throws(ICECandidateError) -> Address {
        if let ip = IPAddress(text) { return .ip(TransportAddress(ip: ip, port: port)) }
        // The last label of a name is never a number: what looks like IPv4 and is none gets no further.
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        let isName = text.utf8.count <= 253 && labels.allSatisfy(\.isHostLabel) && labels.last?.allSatisfy(\.isNumber) == false
        guard isName else { throw .invalid(field: "address", value: String(text)) }
        return .name(String(text), port: port)
    }

    public var description: String {
        let (host, port): (String, UInt16) =
            switch address {
            case .ip(let address): (address.ip.description, address.port)
            case .name(let name, let port): (name, port)
            }
        var text = "candidate:\(foundation) \(component) \(transport.rawValue) \(priority) \(host) \(port) typ \(type.rawValue)"
        if let related { text += " raddr \(related.ip) rport \(related.port)" }
        if let tcpType { text += " tcptype \(tcpType)" }
        if let usernameFragment { text += " ufrag \(usernameFragment)" }
        return text
    }
}

extension Substring {
    /// A label of a host name (RFC 1123), with the underscores that some name servers allow.
    fileprivate var isHostLabel: Bool {
        (1...63).contains(utf8.count)
            && utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f: true
                default: false
                }
            }
    }
}
