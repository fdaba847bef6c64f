import Congestion
import Playout
import RTP
import SDP
import Wire

extension PeerConnection {
    /// Regular reports: as often as libwebrtc's video, which loss and round trip are measured with (RFC 3550 section 6.2 allows
    /// as many at the bandwidths of a call).
    private static let reportInterval: Duration = .seconds(1)

    /// Sets sender and receiver up as the last negotiation says.
    func applyMedia(of transceiver: Transceiver, at now: Instant) {
        let id = transceiver.id
        guard let media = transceiver.negotiated else { return }
        if senders[id] != nil {
            let wasActive = senders[id]?.isActive == true
            senders[id]?.update(transceiver)
            // What was encoded meanwhile never left: the other side can't go on from it.
            if !wasActive, senders[id]?.isActive == true, transceiver.kind == .video {
                outputs.append(.keyFrameRequested(transceiver: id))
            }
        } else {
            senders[id] = MediaSender(transceiver, wallClock: configuration.wallClock, random: &random)
        }
        demultiplexer.update(id, mid: transceiver.mid, media: media)
        if receivers[id] != nil {
            receivers[id]?.update(transceiver)
        } else {
            receivers[id] = MediaReceiver(transceiver)
        }
        receivers[id]?.setLocalSSRC(transceiver.sender?.ssrc ?? feedbackSSRC)
    }

    /// What feedback is sent from where a transceiver has no sender.
    private var feedbackSSRC: UInt32 {
        senders.values.first?.stream.configuration.ssrc ?? 1
    }

    // MARK: - Sending

    func send(_ media: EncodedMedia, transceiver id: Int, at now: Instant) {
        guard srtp != nil, senders[id]?.isActive == true else { return }
        guard let packets = senders[id]?.stream.packetize(media.bytes, capturedAt: media.capturedAt, redundancy: media.redundancy)
        else { return }
        let isAudio = jsep.transceiver(id)?.kind == .audio
        // Copies of earlier sound count like what is sent again: the picture gives way to both.
        if isAudio, let packet = packets.first { retransmissionRate.add(max(0, packet.payload.count - media.bytes.count), at: now) }
        for packet in packets { pace(packet, sender: id, kind: isAudio ? .audio : .video, at: now) }
        if reportDeadline == nil { reportDeadline = now }
    }

    // MARK: - Receiving

    func receive(_ packet: RTPPacket, at now: Instant) {
        guard let destination = demultiplexer.destination(of: packet) else {
            counters.unknownStreamPackets += 1
            return
        }
        if let id = destination.transportSequenceID, let number = packet.transportSequenceNumber(id: id) {
            feedbackRecorder.record(number, at: now)
        }
        receivers[destination.transceiver]?.receive(packet, as: destination.payload, at: now)
        drainReceiver(destination.transceiver, at: now)
    }

    private func drainReceiver(_ id: Int, at now: Instant) {
        while let output = receivers[id]?.nextOutput() {
            switch output {
            case .frame(let frame): outputs.append(.videoFrame(frame, transceiver: id))
            case .audio(let packet): outputs.append(.audioPacket(packet, transceiver: id))
            case .audioCopy(let packet): outputs.append(.audioCopy(packet, transceiver: id))
            case .feedback(let packet): sendFeedback(packet, transceiver: id, at: now)
            }
        }
    }

    func receive(_ compound: RTCPCompound, at now: Instant) {
        if compound.error != nil { counters.malformedPackets += 1 }
        // A compound is about all the streams of the transport; reduced size is allowed where any section allows it.
        let allowsReducedSize = jsep.transceivers.contains { $0.negotiated?.isReducedSizeRTCP == true }
        guard compound.isValid(reducedSize: allowsReducedSize) else {
            counters.malformedPackets += 1
            return
        }
        for packet in compound.packets { receive(packet, at: now) }
        if let time = senders.values.compactMap(\.stream.roundTripTime).min() {
            for id in receivers.keys { receivers[id]?.setRoundTripTime(time, at: now) }
        }
        for id in senders.keys { drainSender(id, at: now) }
    }

    private func receive(_ packet: RTCPPacket, at now: Instant) {
        for id in senders.keys { senders[id]?.stream.handle(.rtcp(packet), at: now) }
        for id in receivers.keys { receivers[id]?.receive(packet, at: now) }
        switch packet {
        case .senderReport(let report):
            guard let id = demultiplexer.transceiver(ofSource: report.ssrc) else { return }
            outputs.append(.senderReport(report, transceiver: id))
        case .receiverEstimatedMaximumBitrate(let estimate):
            maximumBitrate = Int(clamping: estimate.bitrate)
            congestion.handle(.maximumBitrate(maximumBitrate), at: now)
        case .transportFeedback(let feedback): congestion.handle(.feedback(feedback), at: now)
        default: break
        }
    }

    private func drainSender(_ id: Int, at now: Instant) {
        while let output = senders[id]?.stream.nextOutput() {
            switch output {
            case .retransmit(let packet): pace(packet, sender: id, kind: .retransmission, at: now)
            case .keyFrameRequested: outputs.append(.keyFrameRequested(transceiver: id))
            }
        }
    }

    // MARK: - RTCP

    func runMediaTimers(at now: Instant) {
        for id in receivers.keys {
            if let deadline = receivers[id]?.deadline, deadline <= now { receivers[id]?.timeout(at: now) }
            drainReceiver(id, at: now)
        }
        for id in senders.keys {
            if let deadline = senders[id]?.stream.deadline, deadline <= now { senders[id]?.stream.handle(.timeout, at: now) }
            drainSender(id, at: now)
        }
        if let due = reportDeadline, due <= now {
            reportDeadline = now + Self.reportInterval * Double.random(in: 0.5...1.5, using: &random)
            transmit(rtcp: reports(at: now))
            sendUsefulBitrate(at: now)
        }
        if let due = feedbackRecorder.deadline, due <= now { sendTransportFeedback(at: now) }
        runPacer(at: now)
    }

    private func sendTransportFeedback(at now: Instant) {
        let media = receivers.values.compactMap(\.ssrc).first ?? 0
        guard let feedback = feedbackRecorder.feedback(at: now, sender: feedbackSSRC, media: media) else { return }
        transmit(rtcp: compound([.transportFeedback(feedback)], reducedSize: allowsReducedSizeEverywhere, at: now))
    }

    /// Tells the other side what this side can make use of (draft-alvestrand-rmcat-remb). Repeated with each report, since it
    /// may get lost. It is no estimate: where there is transport-wide feedback the other side makes its own.
    func sendUsefulBitrate(at now: Instant) {
        guard let usefulBitrate, let video = jsep.transceivers.first(where: { $0.kind == .video })?.negotiated else { return }
        guard video.feedback.contains(.googREMB) else { return }
        let sources = receivers.values.compactMap(\.ssrc)
        guard !sources.isEmpty else { return }
        let message = ReceiverEstimatedMaximumBitrate(
            senderSSRC: feedbackSSRC, bitrate: UInt64(max(0, usefulBitrate)), sources: sources)
        transmit(rtcp: compound([.receiverEstimatedMaximumBitrate(message)], reducedSize: allowsReducedSizeEverywhere, at: now))
    }

    private var allowsReducedSizeEverywhere: Bool {
        jsep.transceivers.allSatisfy { $0.negotiated?.isReducedSizeRTCP ?? true }
    }

    /// The regular compound: a report from each sender, on what came, and who they are.
    private func reports(at now: Instant) -> [RTCPPacket] {
        var blocks: [ReportBlock] = []
        for id in receivers.keys.sorted() {
            if let block = receivers[id]?.takeReportBlock(at: now) { blocks.append(block) }
        }
        var packets: [RTCPPacket] = []
        for id in senders.keys.sorted() {
            guard var report = senders[id]?.stream.senderReport(at: now) else { continue }
            // The blocks are about the other side's streams, whoever reports them: once is enough.
            report.reports = blocks
            blocks = []
            packets.append(.senderReport(report))
        }
        if packets.isEmpty { packets.append(.receiverReport(ReceiverReport(ssrc: feedbackSSRC, reports: blocks))) }
        packets.append(.sourceDescription(description))
        return packets
    }

    private var description: SourceDescription {
        let sources = senders.values.map(\.stream.configuration.ssrc).sorted()
        return SourceDescription(chunks: (sources.isEmpty ? [feedbackSSRC] : sources).map { .init(ssrc: $0, cname: cname) })
    }

    /// Feedback that can't wait; where reduced size was not negotiated it goes behind a report (RFC 5506).
    private func sendFeedback(_ packet: RTCPPacket, transceiver id: Int, at now: Instant) {
        let allowsReducedSize = jsep.transceiver(id)?.negotiated?.isReducedSizeRTCP ?? false
        transmit(rtcp: compound([packet], reducedSize: allowsReducedSize, at: now))
    }

    private func compound(_ packets: [RTCPPacket], reducedSize: Bool, at now: Instant) -> [RTCPPacket] {
        if reducedSize { return packets }
        return [.receiverReport(ReceiverReport(ssrc: feedbackSSRC)), .sourceDescription(description)] + packets
    }

    func sendGoodbye(at now: Instant) {
        let sources = senders.values.map(\.stream.configuration.ssrc).sorted()
        guard srtp != nil, !sources.isEmpty else { return }
        transmit(rtcp: reports(at: now) + [.goodbye(Goodbye(sources: sources))])
    }
}
