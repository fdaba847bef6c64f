/// A codec as one section writes it: with the payload types chosen for it.
struct SectionCodec {
    var configuration: CodecConfiguration
    var payloadType: UInt8
    var rtxPayloadType: UInt8?
    var redPayloadType: UInt8?
    var feedback: [RTCPFeedback]
}

/// What one accepted section of a local description says.
struct SectionContent {
    var kind: MediaKind
    var transportProtocol = "UDP/TLS/RTP/SAVPF"
    var mid: String?
    var direction: MediaDirection
    var codecs: [SectionCodec]
    var extensions: [ExtensionMap]
    var allowsMixedExtensions: Bool
    var isReducedSizeRTCP: Bool
    var sender: SenderIdentity?
    var setup: SetupRole
}

extension JSEPSession {
    /// Writes a section (RFC 9429 sections 5.2.1 and 5.3.1). `carriesTransport`: the candidates go into this one.
    func section(_ content: SectionContent, _ transport: LocalTransportDescription, carriesTransport: Bool) -> MediaDescription {
        var formats: [String] = []
        for codec in content.codecs {
            // Chromium sends redundancy only where it comes before what it repeats.
            if let red = codec.redPayloadType { formats.append(String(red)) }
            formats.append(String(codec.payloadType))
            if let rtx = codec.rtxPayloadType { formats.append(String(rtx)) }
        }
        var section = MediaDescription(
            media: content.kind.rawValue, port: 9, transportProtocol: content.transportProtocol, formats: formats)
        section.lines = [Line("c", "IN IP4 0.0.0.0")]
        section.add("rtcp", "9 IN IP4 0.0.0.0")
        if carriesTransport {
            for candidate in transport.candidates { section.attributes.append(Attribute(parsing: candidate)) }
            if transport.endOfCandidates { section.add("end-of-candidates") }
        }
        section.add("ice-ufrag", transport.iceUfrag)
        section.add("ice-pwd", transport.icePassword)
        section.add("ice-options", "trickle")
        section.add("fingerprint", transport.fingerprint.description)
        section.add("setup", content.setup.rawValue)
        if let mid = content.mid { section.add("mid", mid) }
        for map in content.extensions { section.add("extmap", map.description) }
        if content.allowsMixedExtensions { section.add("extmap-allow-mixed") }
        section.add(content.direction.rawValue)
        let sender = content.direction.canSend ? content.sender : nil
        if let sender { section.add("msid", "\(sender.streamID) \(sender.trackID)") }
        section.add("rtcp-mux")
        if content.isReducedSizeRTCP { section.add("rtcp-rsize") }
        for codec in content.codecs { section.add(codec) }
        if let sender { section.add(sender, withRTX: content.codecs.contains { $0.rtxPayloadType != nil }) }
        return section
    }

    /// A section that is refused or given up.
    func rejectedSection(like other: MediaDescription) -> MediaDescription {
        var section = MediaDescription(
            media: other.media, port: 0, transportProtocol: other.transportProtocol, formats: other.formats)
        section.lines = [Line("c", "IN IP4 0.0.0.0")]
        if let mid = other.mid { section.add("mid", mid) }
        section.add(MediaDirection.inactive.rawValue)
        return section
    }

    /// The session part of a local description.
    mutating func sessionPart(bundle: [String], allowsMixedExtensions: Bool) -> SessionDescription {
        sessionVersion &+= 1
        var result = SessionDescription(
            origin: .init(
                username: "-", sessionID: String(configuration.sessionID), sessionVersion: String(sessionVersion),
                address: "IN IP4 127.0.0.1"))
        if !bundle.isEmpty { result.add("group", MediaGroup(semantics: "BUNDLE", mids: bundle).description) }
        if allowsMixedExtensions { result.add("extmap-allow-mixed") }
        return result
    }
}

extension MediaDescription {
    fileprivate mutating func add(_ codec: SectionCodec) {
        let configuration = codec.configuration
        let type = codec.payloadType
        let map = RTPMap(
            payloadType: type, encodingName: configuration.name, clockRate: configuration.clockRate, channels: configuration.channels)
        add("rtpmap", map.description)
        for feedback in codec.feedback { add("rtcp-fb", "\(type) \(feedback.rawValue)") }
        if !configuration.parameters.isEmpty { add("fmtp", "\(type) \(configuration.parameters)") }
        if let rtx = codec.rtxPayloadType {
            add("rtpmap", RTPMap(payloadType: rtx, encodingName: "rtx", clockRate: configuration.clockRate).description)
            add("fmtp", "\(rtx) apt=\(type)")
        }
        if let red = codec.redPayloadType {
            add(
                "rtpmap",
                RTPMap(payloadType: red, encodingName: "red", clockRate: configuration.clockRate, channels: configuration.channels)
                    .description)
            add("fmtp", "\(red) \(type)/\(type)")
        }
    }

    fileprivate mutating func add(_ sender: SenderIdentity, withRTX: Bool) {
        var sources = [sender.ssrc]
        if withRTX, let rtx = sender.rtxSSRC {
            sources.append(rtx)
            add("ssrc-group", SSRCGroup(semantics: "FID", ssrcs: sources).description)
        }
        for ssrc in sources {
            add("ssrc", "\(ssrc) cname:\(sender.cname)")
            add("ssrc", "\(ssrc) msid:\(sender.streamID) \(sender.trackID)")
        }
    }
}
