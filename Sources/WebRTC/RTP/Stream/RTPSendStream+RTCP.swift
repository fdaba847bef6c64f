import DequeModule
import Wire

extension RTPSendStream {
    public var deadline: Instant? { keyFrameRequests.deadline }

    public mutating func nextOutput() -> Output? { outputs.popFirst() }

    public mutating func handle(_ input: Input, at now: Instant) {
        switch input {
        case .rtcp(.senderReport(let report)): handle(report.reports, at: now)
        case .rtcp(.receiverReport(let report)): handle(report.reports, at: now)
        case .rtcp(.nack(let nack)) where nack.mediaSSRC == configuration.ssrc: handle(nack, at: now)
        case .rtcp(.pictureLossIndication(let indication)) where indication.mediaSSRC == configuration.ssrc:
            statistics.pliCount += 1
            requestKeyFrame(at: now)
        case .rtcp(.fullIntraRequest(let request)): handle(request, at: now)
        case .rtcp, .timeout: break
        }
        if keyFrameRequests.timeout(at: now) { outputs.append(.keyFrameRequested) }
    }

    /// The report on what was sent, without report blocks; `nil` before the first packet.
    ///
    /// Its NTP time and timestamp both stand for `now` on the clock of the captures, not of the sending, so that receivers
    /// can align streams with different delays.
    public func senderReport(at now: Instant) -> SenderReport? {
        guard sentPackets > 0, let timestamp = clock.timestamp(at: now) else { return nil }
        return SenderReport(
            ssrc: configuration.ssrc, ntpTime: wallClock.ntp(at: now), rtpTimestamp: timestamp, packetCount: sentPackets,
            octetCount: sentOctets)
    }

    private mutating func requestKeyFrame(at now: Instant) {
        if keyFrameRequests.request(roundTripTime: roundTripTime, at: now) { outputs.append(.keyFrameRequested) }
    }

    private mutating func handle(_ request: FullIntraRequest, at now: Instant) {
        for entry in request.entries where entry.ssrc == configuration.ssrc {
            guard keyFrameRequests.isNew(entry.sequenceNumber, from: request.senderSSRC) else { continue }
            statistics.firCount += 1
            requestKeyFrame(at: now)
        }
    }

    private mutating func handle(_ blocks: [ReportBlock], at now: Instant) {
        guard sentPackets > 0 else { return }
        for block in blocks where block.ssrc == configuration.ssrc {
            var remote = remoteInbound ?? RemoteInboundStatistics()
            remote.packetsLost = Int(block.cumulativeLost)
            remote.fractionLost = Double(block.fractionLost) / 256
            remote.jitter = Double(block.jitter) / Double(configuration.clockRate)
            if let measured = RoundTrip.measure(
                last: block.lastSenderReport, delay: block.delaySinceLastSenderReport, now: wallClock.ntp(at: now))
            {
                roundTripTime = measured
                remote.roundTripTime = measured.seconds
                remote.totalRoundTripTime += measured.seconds
                remote.roundTripTimeMeasurements += 1
            }
            remoteInbound = remote
        }
    }

    private mutating func handle(_ nack: GenericNACK, at now: Instant) {
        statistics.nackCount += 1
        guard configuration.answersNACK else { return }
        // A request is repeated after about a round trip; three quarters of one leave room for its jitter.
        let interval = max(Self.minimumResendInterval, (roundTripTime ?? Self.assumedRoundTripTime) * 3 / 4)
        for number in nack.sequenceNumbers {
            guard let (packet, isFirst) = history.takeForRetransmission(number, interval: interval, at: now) else { continue }
            outputs.append(.retransmit(retransmission(of: packet)))
            // The copy got lost as well: a third round trip would be seen as a freeze, a second copy costs next to nothing.
            if !isFirst, configuration.retransmission != nil { outputs.append(.retransmit(retransmission(of: packet))) }
        }
    }

    /// Until one is measured.
    private static let assumedRoundTripTime = Duration.milliseconds(100)
    /// Between two copies of a packet, however short the round trip: else repeated requests would multiply the traffic.
    private static let minimumResendInterval = Duration.milliseconds(10)

    /// Nothing that was sent until now is sent again.
    public mutating func forgetSent() { history.removeAll() }

    /// Fills a probe of the path: the packet sent last once more, or a small one of padding alone.
    ///
    /// - Returns: `nil` if nothing was sent yet, or retransmissions have no stream of their own.
    public mutating func padding(isSmall: Bool) -> RTPPacket? {
        guard let retransmission = configuration.retransmission, let newest = history.newest else { return nil }
        if !isSmall { return self.retransmission(of: newest) }
        defer { nextRetransmissionSequenceNumber &+= 1 }
        return RTPPacket(
            payloadType: retransmission.payloadType, sequenceNumber: nextRetransmissionSequenceNumber, timestamp: newest.timestamp,
            ssrc: retransmission.ssrc, extensions: newest.extensions, paddingLength: Self.paddingLength)
    }

    /// As long as libwebrtc's.
    private static let paddingLength: UInt8 = 224

    /// RFC 4588 section 4: the original sequence number before the payload, in a stream of its own.
    private mutating func retransmission(of packet: RTPPacket) -> RTPPacket {
        guard let retransmission = configuration.retransmission else { return packet }
        var copy = packet
        copy.ssrc = retransmission.ssrc
        copy.payloadType = retransmission.payloadType
        copy.sequenceNumber = nextRetransmissionSequenceNumber
        copy.payload = [UInt8(packet.sequenceNumber >> 8), UInt8(truncatingIfNeeded: packet.sequenceNumber)] + packet.payload
        nextRetransmissionSequenceNumber &+= 1
        return copy
    }
}
