import Congestion
import RTP
import Wire

/// The way of media from the encoders to the path: paced, counted, and no more than the path takes.
extension PeerConnection {
    struct PacedPacket {
        var packet: RTPPacket
        var sender: Int
    }

    /// What is sent to a side that tells nothing of the packets' arrival.
    private static let blindBitrate = 1_000_000
    /// Headers of IPv4 and UDP.
    private static let overhead = 28
    /// Pictures are put off while those that wait take longer than this, until they take less than that.
    private static let backlog = (stop: Duration.milliseconds(250), start: Duration.milliseconds(60))
    /// Pictures that wait because the path takes none wait for no longer than this before further ones are put off.
    private static let briefHold = Duration.milliseconds(60)
    /// After a path was too narrow for pictures, they begin again when it has been wide enough for so long: one good moment is none.
    private static let proof = Duration.seconds(1)
    /// Where they would take longer than this, after the path has become narrower, a new key frame is the shorter way; not again
    /// before it can have left.
    private static let hopeless = (wait: Duration.milliseconds(600), interval: Duration.seconds(2))

    func pace(_ packet: RTPPacket, sender id: Int, kind: Pacer<PacedPacket>.Kind, at now: Instant) {
        let size = packet.encodedSize + RTPSendStream.srtpTagSize + Self.overhead
        if !pacer.add(PacedPacket(packet: packet, sender: id), size: size, kind: kind) { counters.packetsDiscardedOnSend += 1 }
        if kind == .retransmission { retransmissionRate.add(size, at: now) }
    }

    /// Sends what is due, and passes on what that and the other side's feedback say of the path.
    func runPacer(at now: Instant) {
        if let deadline = congestion.deadline, deadline <= now { congestion.handle(.timeout, at: now) }
        drainCongestion(at: now)
        while let action = pacer.next(at: now) {
            switch action {
            case .send(let paced, let probe): transmit(paced.packet, sender: paced.sender, probe: probe, at: now)
            case .padding(let isSmall, let probe):
                guard let (id, packet) = padding(isSmall: isSmall) else {
                    pacer.cancelProbes()
                    continue
                }
                transmit(packet, sender: id, probe: probe, at: now)
            }
            drainCongestion(at: now)
        }
        let isHopeless =
            (pacer.queueingDelay > Self.hopeless.wait || hasCollapsed && pacer.queueingDelay > .zero)
            && (beganAnewAt.map { now - $0 > Self.hopeless.interval } ?? true)
        hasCollapsed = false
        if isHopeless { discardPictures(at: now) }
        allocate(at: now)
        if isHopeless { requestKeyFrames() }
    }

    private func discardPictures(at now: Instant) {
        beganAnewAt = now
        pacer.discardPictures()
        for id in senders.keys { senders[id]?.stream.forgetSent() }
    }

    private func requestKeyFrames() {
        for (id, sender) in senders where sender.isActive && sender.stream.configuration.format == .vp8 {
            outputs.append(.keyFrameRequested(transceiver: id))
        }
    }

    /// From whichever stream has retransmissions.
    private func padding(isSmall: Bool) -> (sender: Int, packet: RTPPacket)? {
        for id in senders.keys {
            if let packet = senders[id]?.stream.padding(isSmall: isSmall) { return (id, packet) }
        }
        return nil
    }

    private func transmit(_ packet: RTPPacket, sender id: Int, probe: Int?, at now: Instant) {
        let number = transportSequenceNumber
        guard let bytes = senders[id]?.stream.encode(packet, transportSequenceNumber: number, sentAt: now) else { return }
        let size = bytes.count + RTPSendStream.srtpTagSize + Self.overhead
        guard transmit(rtp: bytes) else { return }
        guard usesTransportCC, senders[id]?.stream.configuration.extensions.transportSequenceNumber != nil else { return }
        transportSequenceNumber &+= 1
        congestion.handle(.sent(transportSequenceNumber: number, size: size, probe: probe), at: now)
    }

    private func drainCongestion(at now: Instant) {
        while let output = congestion.nextOutput() {
            switch output {
            case .target: break
            case .probe(let probe): pacer.start(probe)
            case .collapsed: hasCollapsed = true
            }
        }
        pacer.setTarget(targetBitrate)
        pacer.isHeldUp = usesTransportCC && congestion.isHeldUp(at: now)
        heldUpSince = pacer.isHeldUp ? heldUpSince ?? now : nil
    }

    /// Bits per second that the path takes as far as is known: from the packets' arrival, else as the other side estimates (REMB).
    public var availableOutgoingBitrate: Int? { usesTransportCC ? congestion.target : maximumBitrate }

    /// Bits per second, headers included.
    var targetBitrate: Int {
        usesTransportCC ? congestion.target : min(maximumBitrate ?? Self.blindBitrate, Self.blindBitrate)
    }

    /// Tells the encoders what they may take, if that has changed by enough to matter.
    private func allocate(at now: Instant) {
        guard srtp != nil else { return }
        let delay = pacer.queueingDelay
        isBacklogged = delay > (isBacklogged ? Self.backlog.start : Self.backlog.stop)
        if let heldUpSince, now - heldUpSince > Self.briefHold, pacer.isHoldingPictures { isBacklogged = true }
        let maximum = senders.values.contains { $0.isActive && $0.stream.configuration.format == .vp8 } ? videoBitrateLimit : 0
        var new = BitrateAllocation(
            target: targetBitrate, retransmission: retransmissionRate.rate(at: now), maximumVideo: maximum,
            sendsVideo: allocation.map { $0.video > 0 } ?? true)
        congestion.handle(.wanted(BitrateAllocation.wanted(video: maximum)), at: now)
        if maximum > 0, new.video == 0 { narrowAt = now }
        if isBacklogged || narrowAt.map({ now - $0 < Self.proof }) ?? false { new.video = 0 }
        if let old = allocation, new.isClose(to: old) { return }
        allocation = new
        outputs.append(.bitrate(new))
    }
}
