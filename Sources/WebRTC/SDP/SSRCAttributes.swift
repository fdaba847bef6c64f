/// `a=ssrc`: a property of one RTP source (RFC 5576 section 4.1).
public struct SSRCAttribute: Hashable, Sendable, CustomStringConvertible {
    public var ssrc: UInt32
    /// `cname`, `msid`, ….
    public var name: String
    public var value: String?

    public init(ssrc: UInt32, name: String, value: String? = nil) {
        self.ssrc = ssrc
        self.name = name
        self.value = value
    }

    init(parsing text: some StringProtocol) throws(MalformedField) {
        let fields = text.fields(limit: 2)
        guard let first = fields.first, let ssrc = decimal(first, as: UInt32.self) else {
            throw MalformedField("expected an SSRC, a number below 2^32")
        }
        self.ssrc = ssrc
        let attribute = Attribute(parsing: fields.count > 1 ? fields[1] : "")
        name = attribute.name
        value = attribute.value
    }

    public var description: String {
        name.isEmpty ? "\(ssrc)" : "\(ssrc) \(Attribute(name, value))"
    }
}

/// `a=ssrc-group`: sources that belong together (RFC 5576 section 4.2).
public struct SSRCGroup: Hashable, Sendable, CustomStringConvertible {
    /// `FID`: the second source carries the first's retransmissions (RFC 4588). `SIM`: simulcast layers.
    public var semantics: String
    public var ssrcs: [UInt32]

    public init(semantics: String, ssrcs: [UInt32]) {
        self.semantics = semantics
        self.ssrcs = ssrcs
    }

    init(parsing value: some StringProtocol) throws(MalformedField) {
        let fields = value.fields()
        guard let first = fields.first else { throw MalformedField("expected the group's semantics") }
        semantics = String(first)
        ssrcs = []
        for field in fields.dropFirst() {
            guard let ssrc = decimal(field, as: UInt32.self) else {
                throw MalformedField("\(printable(field, limit: 16)) is no SSRC")
            }
            ssrcs.append(ssrc)
        }
    }

    public var description: String { ([semantics] + ssrcs.map(String.init)).joined(separator: " ") }
}
