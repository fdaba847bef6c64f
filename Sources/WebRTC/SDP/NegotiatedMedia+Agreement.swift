extension NegotiatedMedia {
    /// What the sections `index` of both descriptions agree on; `nil` if they share no codec.
    init?(local: SessionDescription, remote: SessionDescription, section index: Int, codecs: [CodecConfiguration]) {
        let own = local.media[index]
        let other = remote.media[index]
        let direction = local.direction(of: own).intersection(remote.direction(of: other).reversed)
        canSend = direction.canSend
        canReceive = direction.canReceive

        var shared: [(send: Codec, receive: Codec)] = []
        var common: Set<RTCPFeedback> = []
        for codec in codecs {
            guard let ownType = codec.payloadType(in: own), let otherType = codec.payloadType(in: other) else { continue }
            let ownRTX = own.retransmissionType(of: ownType)
            let otherRTX = other.retransmissionType(of: otherType)
            let hasRTX = ownRTX != nil && otherRTX != nil
            let ownRED = own.redundancyType(of: ownType)
            let otherRED = other.redundancyType(of: otherType)
            let hasRED = ownRED != nil && otherRED != nil
            func entry(_ type: UInt8, _ rtx: UInt8?, _ red: UInt8?, _ section: MediaDescription) -> Codec {
                Codec(
                    name: codec.name, clockRate: codec.clockRate, channels: codec.channels, payloadType: type,
                    rtxPayloadType: hasRTX ? rtx : nil, redPayloadType: hasRED ? red : nil, parameters: section.parameters(type))
            }
            shared.append((entry(otherType, otherRTX, otherRED, other), entry(ownType, ownRTX, ownRED, own)))
            let wanted = Set(own.feedback(ownType)).intersection(other.feedback(otherType))
            common.formUnion(codec.feedback.filter { wanted.contains($0.rawValue) })
        }
        guard !shared.isEmpty else { return nil }
        let order = other.payloadTypes
        sendCodecs = shared.map(\.send).sorted { left, right in
            (order.firstIndex(of: left.payloadType) ?? 0) < (order.firstIndex(of: right.payloadType) ?? 0)
        }
        receivePayloads = [:]
        for codec in shared.map(\.receive) {
            receivePayloads[codec.payloadType] = .media(codec)
            if let rtx = codec.rtxPayloadType { receivePayloads[rtx] = .retransmission(payloadType: codec.payloadType) }
            if let red = codec.redPayloadType { receivePayloads[red] = .redundancy(payloadType: codec.payloadType) }
        }
        feedback = common

        sendExtensions = [:]
        receiveExtensions = [:]
        let offered = own.extensionMaps
        for map in other.extensionMaps {
            guard let known = HeaderExtension(rawValue: map.uri), let id = UInt8(exactly: map.id), id != 15,
                let mine = offered.first(where: { $0.uri == map.uri })
            else { continue }
            let both = (mine.direction ?? .sendrecv).intersection((map.direction ?? .sendrecv).reversed)
            if both.canSend { sendExtensions[known] = id }
            if both.canReceive, let ownID = UInt8(exactly: mine.id) { receiveExtensions[ownID] = known }
        }
        allowsMixedExtensions = local.allowsMixedExtensions(in: own) && remote.allowsMixedExtensions(in: other)
        isReducedSizeRTCP = own.usesReducedSizeRTCP && other.usesReducedSizeRTCP
        remoteSources = canReceive ? other.sources : []
        remoteStreams = canReceive ? other.streams : []
    }
}
