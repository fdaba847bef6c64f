extension JSEPSession {
    /// Makes an offer of all transceivers (RFC 9429 section 5.2). Nothing is changed until ``setLocal(_:_:)`` takes it.
    ///
    /// Sections keep their order, mids, payload types and header extension ids; given-up ones have port 0, and their place is
    /// taken by new transceivers. DTLS roles are always offered as actpass (RFC 8842 section 5.2).
    public mutating func createOffer(_ transport: LocalTransportDescription) throws(JSEPError) -> SessionDescription {
        try require(.stable, .haveLocalOffer, for: "make an offer")
        var unassociated = transceivers.filter { $0.mLineIndex == nil && !$0.isStopping }
        let numbers = NumberRegistry(self)
        var sections: [(content: SectionContent?, rejected: MediaDescription?)] = []
        var mids = nextMID
        func newMID() -> String {
            while numbers.mids.contains(String(mids)) { mids += 1 }
            defer { mids += 1 }
            return String(mids)
        }
        for (index, previous) in (localDescription?.media ?? []).enumerated() {
            if let position = position(section: index) {
                let transceiver = transceivers[position]
                if transceiver.isStopping {
                    sections.append((nil, rejectedSection(like: previous)))
                } else {
                    sections.append((offered(transceiver, mid: transceiver.mid, numbers), nil))
                }
            } else if let next = unassociated.firstIndex(where: { $0.kind.rawValue == previous.media }) {
                // Only by the same kind: Firefox refuses a section that changes from application to video.
                sections.append((offered(unassociated.remove(at: next), mid: newMID(), numbers), nil))
            } else {
                sections.append((nil, rejectedSection(like: previous)))
            }
        }
        for transceiver in unassociated {
            guard sections.count < SDPLimits.mediaSections else {
                throw JSEPError(.invalidArgument, "an offer holds at most \(SDPLimits.mediaSections) sections: stop a transceiver first")
            }
            sections.append((offered(transceiver, mid: newMID(), numbers), nil))
        }

        var result = sessionPart(bundle: sections.compactMap { $0.content?.mid }, allowsMixedExtensions: true)
        let first = sections.firstIndex { $0.content != nil }
        for (index, entry) in sections.enumerated() {
            if let content = entry.content {
                result.media.append(section(content, transport, carriesTransport: index == first))
            } else if let rejected = entry.rejected {
                result.media.append(rejected)
            }
        }
        return result
    }

    private func offered(_ transceiver: Transceiver, mid: String?, _ numbers: NumberRegistry) -> SectionContent {
        let extensions = configuration.headerExtensions.filter { $0 != .audioLevel || transceiver.kind == .audio }
        return SectionContent(
            kind: transceiver.kind, mid: mid, direction: transceiver.writtenDirection,
            codecs: numbers.codecs.filter { $0.configuration.kind == transceiver.kind },
            extensions: extensions.compactMap { known in numbers.extensions[known].map { ExtensionMap(id: $0, uri: known.rawValue) } },
            allowsMixedExtensions: false, isReducedSizeRTCP: true, sender: transceiver.sender, setup: .actpass)
    }
}

/// Payload types, extension ids and mids for an offer: those in use stay what they are, new ones are free in the whole bundle.
private struct NumberRegistry {
    var codecs: [SectionCodec] = []
    var extensions: [HeaderExtension: UInt16] = [:]
    var mids: Set<String> = []

    init(_ session: JSEPSession) {
        let own = session.localDescription?.media ?? []
        let all = own + (session.remoteDescription?.media ?? [])
        mids = Set(all.compactMap(\.mid))
        chooseTypes(session.configuration.codecs, own: own, all: all)
        chooseIDs(session.configuration.headerExtensions, own: own, all: all)
    }

    private mutating func chooseTypes(_ configurations: [CodecConfiguration], own: [MediaDescription], all: [MediaDescription]) {
        var used = Set(all.flatMap { $0.payloadTypes + $0.rtpMaps.map(\.payloadType) })
        // Dynamic payload types (RFC 3551 section 6), then those that RFC 5761 section 4 leaves free beside RTCP.
        func choose(_ preferred: UInt8) -> UInt8 {
            let candidates = [preferred] + Array(96...127) + Array(35...63)
            let type = candidates.first { !used.contains($0) } ?? preferred
            used.insert(type)
            return type
        }
        for configuration in configurations {
            let known = own.lazy.compactMap { section in configuration.payloadType(in: section).map { (section, $0) } }.first
            let type = known?.1 ?? choose(configuration.payloadType)
            let rtx = configuration.rtxPayloadType.map { preferred in
                known.flatMap { $0.0.retransmissionType(of: $0.1) } ?? choose(preferred)
            }
            let red = configuration.redPayloadType.map { preferred in
                known.flatMap { $0.0.redundancyType(of: $0.1) } ?? choose(preferred)
            }
            codecs.append(
                SectionCodec(
                    configuration: configuration, payloadType: type, rtxPayloadType: rtx, redPayloadType: red,
                    feedback: configuration.feedback))
        }
    }

    private mutating func chooseIDs(_ wanted: [HeaderExtension], own: [MediaDescription], all: [MediaDescription]) {
        let ownMaps = own.flatMap(\.extensionMaps)
        var used = Set(all.flatMap(\.extensionMaps).map(\.id))
        for (index, known) in wanted.enumerated() {
            if let map = ownMaps.first(where: { $0.uri == known.rawValue }) {
                extensions[known] = map.id
            } else if let id = ([UInt16(truncatingIfNeeded: index + 1)] + Array(1...14) + Array(16...255)).first(where: {
                !used.contains($0)
            }) {
                extensions[known] = id
                used.insert(id)
            }
        }
    }
}
