/// A media section: an `m=` line and what follows it up to the next (RFC 8866 section 5.14).
public struct MediaDescription: Hashable, Sendable, AttributedSection {
    /// `audio`, `video`, `application`, ….
    public var media: String
    /// 0 rejects the section, unless it is offered as bundle-only.
    public var port: UInt16
    /// The number of ports where one is written: `9/2`.
    public var portCount: UInt16?
    /// `UDP/TLS/RTP/SAVPF` for media, `UDP/DTLS/SCTP` for data channels.
    public var transportProtocol: String
    /// Payload types for media, else the protocol's own.
    public var formats: [String]
    /// The lines that are no attributes, in order.
    public var lines: [Line] = []
    public var attributes: [Attribute] = []

    public init(media: String, port: UInt16, transportProtocol: String, formats: [String]) {
        self.media = media
        self.port = port
        self.transportProtocol = transportProtocol
        self.formats = formats
    }

    init(parsing value: some StringProtocol) throws(MalformedField) {
        let fields = value.fields()
        guard fields.count >= 3 else { throw MalformedField("expected a kind of media, a port, a protocol and formats") }
        let (port, count) = fields[1].divided(at: "/")
        guard let number = decimal(port, as: UInt16.self) else { throw MalformedField("the port is not a number of 0 to 65535") }
        guard fields.count - 3 <= SDPLimits.formats else { throw MalformedField("more than \(SDPLimits.formats) formats") }
        self.init(
            media: String(fields[0]), port: number, transportProtocol: String(fields[2]), formats: fields.dropFirst(3).map(String.init))
        if let count {
            guard let count = decimal(count, as: UInt16.self) else { throw MalformedField("the number of ports is none") }
            portCount = count
        }
        if isRTP {
            for format in formats { _ = try parsePayloadType(format) }
        }
    }

    var mediaLine: String {
        "\(media) \(port)\(portCount.map { "/\($0)" } ?? "") \(transportProtocol)" + formats.map { " " + $0 }.joined()
    }

    public var isRTP: Bool {
        transportProtocol.fields("/").contains("RTP")
    }

    /// The section is refused, or given up: port 0, and not so because it only exists in a bundle (RFC 9143 section 6).
    public var isRejected: Bool { port == 0 && !isBundleOnly }
}

extension MediaDescription {
    public var mid: String? { value(of: "mid") }
    public var isBundleOnly: Bool { has("bundle-only") }
    public var usesRTCPMux: Bool { has("rtcp-mux") }
    public var usesReducedSizeRTCP: Bool { has("rtcp-rsize") }
    public var hasEndOfCandidates: Bool { has("end-of-candidates") }

    /// The candidate lines, each as `candidate:…`.
    public var candidates: [String] {
        values(of: "candidate").prefix(SDPLimits.candidates).map { "candidate:" + $0 }
    }

    /// The payload types of an RTP section, most preferred first.
    public var payloadTypes: [UInt8] {
        isRTP ? formats.compactMap { try? parsePayloadType($0) } : []
    }

    public var rtpMaps: [RTPMap] {
        values(of: "rtpmap").compactMap { try? RTPMap(parsing: $0) }
    }

    public func rtpMap(_ payloadType: UInt8) -> RTPMap? {
        rtpMaps.first { $0.payloadType == payloadType }
    }

    /// The parameters of a payload type; empty if it has none.
    public func parameters(_ payloadType: UInt8) -> FormatParameters {
        for value in values(of: "fmtp") {
            let fields = value.fields(limit: 2)
            if let first = fields.first, decimal(first, as: UInt8.self) == payloadType {
                return FormatParameters(parsing: fields.count > 1 ? fields[1] : "")
            }
        }
        return FormatParameters()
    }

    /// The payload type that retransmits `payloadType` by RFC 4588.
    public func retransmissionType(of payloadType: UInt8) -> UInt8? {
        let retransmissions = Set(rtpMaps.lazy.filter { $0.encodingName.matches("rtx") }.map(\.payloadType)).intersection(payloadTypes)
        for value in values(of: "fmtp") {
            let fields = value.fields(limit: 2)
            guard fields.count == 2, let type = decimal(fields[0], as: UInt8.self), retransmissions.contains(type) else { continue }
            if FormatParameters(parsing: fields[1]).associatedPayloadType == payloadType { return type }
        }
        return nil
    }

    /// The payload type that repeats `payloadType` by RFC 2198, and nothing else.
    public func redundancyType(of payloadType: UInt8) -> UInt8? {
        let repeating = Set(rtpMaps.lazy.filter { $0.encodingName.matches("red") }.map(\.payloadType)).intersection(payloadTypes)
        for value in values(of: "fmtp") {
            let fields = value.fields(limit: 2)
            guard fields.count == 2, let type = decimal(fields[0], as: UInt8.self), repeating.contains(type) else { continue }
            let repeated = fields[1].fields("/")
            if repeated.allSatisfy({ decimal($0, as: UInt8.self) == payloadType }) { return type }
        }
        return nil
    }

    /// What `a=rtcp-fb` says of a payload type, lines for `*` included.
    public func feedback(_ payloadType: UInt8) -> [String] {
        values(of: "rtcp-fb").compactMap { text in
            guard let line = try? FeedbackAttribute(parsing: text) else { return nil }
            return line.payloadType == nil || line.payloadType == payloadType ? line.value : nil
        }
    }

    public var extensionMaps: [ExtensionMap] {
        values(of: "extmap").compactMap { try? ExtensionMap(parsing: $0) }
    }

    public var ssrcAttributes: [SSRCAttribute] {
        values(of: "ssrc").compactMap { try? SSRCAttribute(parsing: $0) }
    }

    public var ssrcGroups: [SSRCGroup] {
        values(of: "ssrc-group").compactMap { try? SSRCGroup(parsing: $0) }
    }

    /// The streams of the section's media, from `a=msid` or, where there is none, from `a=ssrc:… msid:…`.
    public var streams: [MediaStreamIdentifier] {
        let own = values(of: "msid").compactMap { MediaStreamIdentifier(parsing: $0) }
        if !own.isEmpty { return own }
        var result: [MediaStreamIdentifier] = []
        for attribute in ssrcAttributes where attribute.name == "msid" {
            if let value = attribute.value, let stream = MediaStreamIdentifier(parsing: value), !result.contains(stream) {
                result.append(stream)
            }
        }
        return result
    }
}
