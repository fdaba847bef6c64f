import Wire

extension RTPReceiveStream {
    public var statistics: InboundStatistics {
        var statistics = counters
        statistics.packetsLost = Int(source.lost)
        statistics.jitter = Double(jitter.value) / Double(configuration.clockRate)
        return statistics
    }

    /// What to report on the source; `nil` if nothing has come for 8 s, so that there is nothing to tell.
    ///
    /// The fraction lost counts from the last call, so call it only for a report that will be sent.
    public mutating func takeReportBlock(at now: Instant) -> ReportBlock? {
        guard let highest = source.extendedHighest, let last = counters.lastPacketReceivedTimestamp, now - last <= .seconds(8) else {
            return nil
        }
        var block = ReportBlock(ssrc: configuration.ssrc)
        block.fractionLost = source.takeFractionLost()
        block.cumulativeLost = Int32(clamping: source.lost)
        block.extendedHighestSequenceNumber = UInt32(truncatingIfNeeded: highest)
        block.jitter = jitter.value
        if let (report, arrival) = lastSenderReport {
            block.lastSenderReport = report.ntpTime.compact
            block.delaySinceLastSenderReport = RoundTrip.units(now - arrival)
        }
        return block
    }

    /// The remote end's wallclock time at which something with this timestamp was captured; `nil` before a sender report.
    ///
    /// Streams of one endpoint share that clock, so it aligns them (RFC 3550 section 6.4.1).
    public func captureTime(ofTimestamp timestamp: UInt32) -> NTPTime? {
        guard let report = lastSenderReport?.report else { return nil }
        let ticks = Int64(Int32(bitPattern: timestamp &- report.rtpTimestamp))
        let rate = Int64(configuration.clockRate)
        let (seconds, rest) = ticks.quotientAndRemainder(dividingBy: rate)
        return NTPTime(rawValue: report.ntpTime.rawValue &+ UInt64(bitPattern: seconds << 32 &+ (rest << 32) / rate))
    }

    mutating func handle(_ packet: RTCPPacket, at now: Instant) {
        switch packet {
        case .senderReport(let report) where report.ssrc == configuration.ssrc:
            lastSenderReport = (report, now)
            remoteOutbound = RemoteOutboundStatistics(
                packetsSent: report.packetCount, bytesSent: report.octetCount, remoteTimestamp: report.ntpTime,
                reportsSent: (remoteOutbound?.reportsSent ?? 0) + 1)
        case .goodbye(let goodbye) where goodbye.sources.contains(configuration.ssrc): hasLeft = true
        default: break
        }
    }

    mutating func requestKeyFrame(_ kind: KeyFrameRequest) {
        switch kind {
        case .pictureLossIndication:
            counters.pliCount += 1
            outputs.append(.feedback(.pictureLossIndication(.init(senderSSRC: localSSRC, mediaSSRC: configuration.ssrc))))
        case .fullIntraRequest:
            counters.firCount += 1
            let entry = FullIntraRequest.Entry(ssrc: configuration.ssrc, sequenceNumber: fullIntraRequestNumber)
            fullIntraRequestNumber &+= 1
            outputs.append(.feedback(.fullIntraRequest(.init(senderSSRC: localSSRC, entries: [entry]))))
        }
    }
}
