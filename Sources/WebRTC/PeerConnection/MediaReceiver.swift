import DequeModule
import Playout
import RTP
import SDP
import Wire

/// The receiving half of a transceiver: the stream that the other side sends, and for video the buffer that makes frames of it.
final class MediaReceiver {
    enum Output {
        case frame(AssembledFrame)
        case audio(RTPPacket)
        /// A frame that a later packet repeated.
        case audioCopy(RTPPacket)
        case feedback(RTCPPacket)
    }

    private let kind: MediaKind
    private var media: NegotiatedMedia
    private var localSSRC: UInt32 = 0
    private var roundTripTime: Duration?
    private var stream: RTPReceiveStream?
    private var frames: VideoFrameBuffer?
    private var lastFrameTimestamp: UInt32?
    private var outputs: Deque<Output> = []

    init?(_ transceiver: Transceiver) {
        guard let media = transceiver.negotiated else { return nil }
        kind = transceiver.kind
        self.media = media
        if kind == .video { frames = VideoFrameBuffer() }
    }

    /// Follows a new negotiation.
    func update(_ transceiver: Transceiver) {
        guard let media = transceiver.negotiated else { return }
        self.media = media
        guard let ssrc = stream?.configuration.ssrc else { return }
        let configuration = configuration(ssrc)
        stream?.configuration = configuration
    }

    func setLocalSSRC(_ ssrc: UInt32) {
        localSSRC = ssrc
        stream?.localSSRC = ssrc
    }

    func setRoundTripTime(_ time: Duration, at now: Instant) {
        roundTripTime = time
        stream?.roundTripTime = time
        frames?.handle(.roundTripTime(time), at: now)
    }

    /// The source that is received; `nil` before its first packet.
    var ssrc: UInt32? { stream?.configuration.ssrc }
    var statistics: InboundStatistics? { stream?.statistics }
    var deadline: Instant? { earliest(stream?.deadline, frames?.deadline) }

    func nextOutput() -> Output? {
        outputs.popFirst()
    }

    func takeReportBlock(at now: Instant) -> ReportBlock? {
        stream?.takeReportBlock(at: now)
    }

    func receive(_ packet: RTPPacket, as payload: NegotiatedMedia.ReceivedPayload, at now: Instant) {
        switch payload {
        case .media, .redundancy:
            if stream == nil || isNewSource(packet.ssrc) {
                var stream = RTPReceiveStream(configuration(packet.ssrc), localSSRC: localSSRC)
                stream.roundTripTime = roundTripTime
                self.stream = stream
            }
        case .retransmission:
            // Before the first packet of the source nothing can be missing.
            guard stream != nil else { return }
            // A source that the description does not name is known by its payload type.
            if stream?.configuration.retransmissionSSRC == nil { stream?.configuration.retransmissionSSRC = packet.ssrc }
        }
        stream?.handle(.packet(packet), at: now)
        drainStream(at: now)
    }

    func receive(_ packet: RTCPPacket, at now: Instant) {
        stream?.handle(.rtcp(packet), at: now)
        drainStream(at: now)
    }

    func keyFrameNeeded(at now: Instant) {
        guard let lastFrameTimestamp else { return }
        frames?.handle(.decodeFailed(rtpTimestamp: lastFrameTimestamp), at: now)
        drainFrames(at: now)
    }

    func timeout(at now: Instant) {
        stream?.handle(.timeout, at: now)
        frames?.handle(.timeout, at: now)
        drainStream(at: now)
        drainFrames(at: now)
    }

    /// The other side may change its source in mid-call; its retransmissions come under another number on purpose.
    private func isNewSource(_ ssrc: UInt32) -> Bool {
        ssrc != stream?.configuration.ssrc
    }

    private func configuration(_ ssrc: UInt32) -> RTPReceiveStream.Configuration {
        var payloadTypes: [UInt8: UInt8] = [:]
        var clockRate: UInt32 = kind == .video ? 90_000 : 48_000
        for (type, payload) in media.receivePayloads {
            switch payload {
            case .media(let codec): clockRate = codec.clockRate
            case .retransmission(let original): payloadTypes[type] = original
            case .redundancy: break
            }
        }
        return RTPReceiveStream.Configuration(
            ssrc: ssrc, retransmissionSSRC: media.remoteSources.first { $0.ssrc == ssrc }?.rtxSSRC, clockRate: clockRate,
            retransmissionPayloadTypes: payloadTypes, sendsNACK: kind == .video && media.feedback.contains(.nack))
    }

    private func drainStream(at now: Instant) {
        while let output = stream?.nextOutput() {
            switch output {
            case .packet(let packet, _):
                if kind == .video {
                    frames?.handle(.packet(packet), at: now)
                } else if !packet.payload.isEmpty {
                    receiveAudio(packet)
                }
            case .feedback(let packet): outputs.append(.feedback(packet))
            }
        }
        drainFrames(at: now)
    }

    /// Takes a packet with copies apart; they come first, since they are older.
    private func receiveAudio(_ packet: RTPPacket) {
        guard case .redundancy(let payloadType) = media.receivePayloads[packet.payloadType] else {
            return outputs.append(.audio(packet))
        }
        guard let whole = try? RedundantAudio(parsing: packet.payload), whole.payloadType == payloadType else { return }
        var part = packet
        part.payloadType = payloadType
        // A copy does not say its number. Frames are as long as this one, whose length its first byte tells.
        let duration = OpusPayload.sampleCount(of: whole.payload).map(UInt32.init) ?? 0
        for copy in whole.copies where copy.payloadType == payloadType && duration > 0 {
            part.timestamp = packet.timestamp &- copy.timestampOffset
            part.sequenceNumber = packet.sequenceNumber &- UInt16(truncatingIfNeeded: copy.timestampOffset / duration)
            part.payload = copy.payload
            outputs.append(.audioCopy(part))
        }
        (part.timestamp, part.sequenceNumber, part.payload) = (packet.timestamp, packet.sequenceNumber, whole.payload)
        if !whole.payload.isEmpty { outputs.append(.audio(part)) }
    }

    private func drainFrames(at now: Instant) {
        while let output = frames?.nextOutput() {
            switch output {
            case .frame(let frame):
                lastFrameTimestamp = frame.rtpTimestamp
                outputs.append(.frame(frame))
            case .abandoned(let number): stream?.abandonMissing(before: number)
            case .keyFrameRequest:
                stream?.handle(.requestKeyFrame(media.feedback.contains(.nackPLI) ? .pictureLossIndication : .fullIntraRequest), at: now)
                while let feedback = stream?.nextOutput() {
                    if case .feedback(let packet) = feedback { outputs.append(.feedback(packet)) }
                }
            }
        }
    }
}
