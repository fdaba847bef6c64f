import Codecs
import Congestion
import Logging
import MediaSources
import NIOCore
import NIOPosix
import PeerConnection
import SDP
import Security
import SignalingProtocol
import Transport
import Wire

/// The call that is on: the ``CallMachine``, and what it drives: a peer connection over sockets, and the media.
///
/// Confined to its event loop.
final class ActiveCall {
    let info: CallInfo
    let configuration: CallConfiguration
    let eventLoop: any EventLoop
    let logger: Logger
    private let send: (CallSignal.Body) -> Void
    let onEvent: @Sendable (CallEvent) -> Void
    private let onEnd: () -> Void

    private(set) var machine: CallMachine
    private var isDraining = false
    private var timer: Scheduled<Void>?
    private var statisticsTimer: RepeatedTask?
    private(set) var peer: PeerConnection?
    private(set) var transport: PeerTransport?
    private(set) var media: MediaSession?
    /// When the offer was sent, or the answer: what durations count from.
    private var began: Instant = .now
    private var connectedAt: Instant?
    private var hasFirstFrame = false
    private var heldPictures = 0
    var sendsVideo = true
    var isCameraOff = false
    /// The camera gives no pictures, though it is on.
    var isVideoMuted = false
    /// The picture's direction as it was last wished for, and whether the other side has yet to agree.
    var videoDirection = MediaDirection.sendrecv
    var isDirectionNew = false
    var shownPicture: ShownPicture?
    /// What pictures the other side is asked for, and whether it has yet to be told.
    var wish: PictureWish
    var isLimitNew = false
    var wishTimer: Scheduled<Void>?

    init(
        info: CallInfo, configuration: CallConfiguration, shownPicture: ShownPicture?, eventLoop: any EventLoop, logger: Logger,
        send: @escaping (CallSignal.Body) -> Void, onEvent: @escaping @Sendable (CallEvent) -> Void, onEnd: @escaping () -> Void
    ) {
        self.info = info
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.logger = logger
        self.send = send
        self.onEvent = onEvent
        self.onEnd = onEnd
        machine = CallMachine(direction: info.direction, limits: configuration.limits)
        // What is recorded is kept as it is, whatever can be seen.
        self.shownPicture = configuration.media.videoRecording == nil ? shownPicture : nil
        wish = PictureWish(self.shownPicture)
    }

    var state: CallMachine.State { machine.state }

    // MARK: - What the person does

    /// Rings the other side.
    func place(withVideo: Bool) {
        do {
            let transport = try open(withVideo: withVideo)
            let offer = try transport.perform { peer, now in try peer.makeOffer(at: now) }
            handle(.place(sdp: offer))
            report(.ringing)
        } catch {
            fail("the call could not be prepared: \(error)")
        }
    }

    func offered(_ sdp: String) {
        handle(.offered(sdp: sdp))
        report(.ringing)
    }

    func accept(withVideo: Bool) {
        sendsVideo = withVideo
        handle(.accept)
    }

    func decline(_ reason: ByeReason) {
        handle(.decline(reason))
    }

    func hangUp() {
        handle(.hangUp)
    }

    /// Looks for another path, by hand.
    func reconnect() {
        handle(.reconnect)
    }

    /// Interfaces or addresses may have come or gone.
    func networkChanged() {
        guard let transport, let addresses = try? LocalAddresses.all(includingLoopback: configuration.usesLoopback) else { return }
        if transport.update(addresses) { handle(.networkChanged) }
    }

    func signalingChanged(isConnected: Bool) {
        handle(.signaling(isConnected: isConnected))
    }

    func setMuted(_ isMuted: Bool) {
        media?.setMuted(isMuted)
    }

    func setCameraOff(_ isOff: Bool) {
        isCameraOff = isOff
        media?.setCameraOff(isOff)
        directVideo()
    }

    func setVideo(_ video: VideoSourceSpecification) {
        media?.setVideo(video)
    }

    func setAudio(_ audio: AudioSourceSpecification) {
        media?.setAudio(audio)
    }

    func setPlayback(_ playback: PlaybackSpecification) {
        media?.setPlayback(playback)
    }

    // MARK: - What the server says

    func received(_ signal: CallSignal.Body) {
        if case .bye = signal { diagnose() }
        handle(.received(signal))
    }

    func refused(_ error: ServerError) {
        handle(.refused(error.code, message: error.message))
    }

    // MARK: - The machine

    func handle(_ input: CallMachine.Input) {
        machine.handle(input, at: .now)
        guard !isDraining else { return }
        isDraining = true
        while let output = machine.nextOutput() { perform(output) }
        isDraining = false
        timer?.cancel()
        timer = nil
        if let deadline = machine.deadline {
            let bound = NIOLoopBound(self, eventLoop: eventLoop)
            timer = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(max(0, deadline.nanoseconds)))) {
                let call = bound.value
                call.diagnose()
                call.handle(.timeout)
            }
        }
    }

    /// Tells the machine why there is no path yet, before it may end the call for it.
    private func diagnose() {
        if machine.state == .connecting, let peer { handle(.diagnosis(peer.pathDiagnosis)) }
    }

    private func perform(_ output: CallMachine.Output) {
        switch output {
        case .send(let signal):
            switch signal {
            case .offer, .answer: if connectedAt == nil { began = .now }
            default: break
            }
            send(signal)
        case .state(let state): enter(state)
        case .makeAnswer(let offer), .applyOffer(let offer): answer(offer)
        case .applyAnswer(let sdp):
            // An answer that comes when its offer has been given up means nothing.
            guard connectedAt == nil || peer?.isOffering == true else { return }
            do {
                try transport?.perform { peer, now in try peer.acceptAnswer(sdp, at: now) }
                negotiateSoon()
            } catch {
                fail("its answer cannot be used: \(error)")
            }
        case .restart: restart()
        case .addCandidate(let candidate):
            transport?.perform { peer, now in
                peer.addRemoteCandidate(
                    candidate?.candidate, mid: candidate?.sdpMid, mLineIndex: candidate?.sdpMLineIndex,
                    usernameFragment: candidate?.usernameFragment, at: now)
            }
        }
    }

    private func answer(_ offer: String) {
        do {
            let transport = try transport ?? open(withVideo: sendsVideo)
            handle(.answered(sdp: try transport.perform { peer, now in try peer.acceptOffer(offer, at: now) }))
            negotiateSoon()
        } catch {
            fail("its offer cannot be used: \(error)")
        }
    }

    private func restart() {
        do {
            guard let transport, peer?.canRestart == true else { return handle(.notOffered) }
            handle(.reoffer(sdp: try transport.perform { peer, now in try peer.makeOffer(restartingICE: true, at: now) }))
        } catch {
            logger.debug("no offer could be made", metadata: ["call": "\(info.id)", "error": "\(error)"])
            handle(.notOffered)
        }
    }

    private func fail(_ why: String) {
        handle(.unusable(why))
    }

    private func enter(_ state: CallMachine.State) {
        switch state {
        case .connected where connectedAt == nil:
            connectedAt = .now
            media?.start()
            startStatistics()
            directVideo()
            negotiate()
        case .connected: negotiate()
        case .ended: close()
        case .ringing, .connecting, .reconnecting: break
        }
        report(state)
        if case .ended = state { onEnd() }
    }

    private func report(_ state: CallMachine.State) {
        onEvent(.call(info, state, milliseconds: Int((Instant.now - began).milliseconds)))
    }

    private func close() {
        timer?.cancel()
        wishTimer?.cancel()
        statisticsTimer?.cancel()
        reportStatistics()
        transport?.close()
        transport = nil
        guard let media else { return }
        self.media = nil
        let closed = eventLoop.makePromise(of: Void.self)
        mediaClosed = closed.futureResult
        // Waiting for the media's threads would hold up the loop.
        NIOThreadPool.singleton.submit { _ in
            media.stop()
            closed.succeed()
        }
    }

    /// Done when the call's threads are gone and its recordings complete; `nil` before the call has ended, or without media.
    private(set) var mediaClosed: EventLoopFuture<Void>?

    // MARK: - Peer connection and media

    private func open(withVideo: Bool) throws -> PeerTransport {
        sendsVideo = withVideo && configuration.media.video != .none
        let sendsAudio = configuration.media.audio != .none
        let now = Instant.now
        let peer = PeerConnection(
            PeerConnection.Configuration(
                isPolite: info.direction == .incoming, certificate: configuration.certificate,
                wallClock: WallClock(reference: now, unixNanoseconds: MediaClock.unixNanoseconds),
                isRelayOnly: configuration.isRelayOnly))
        peer.addTransceiver(.audio, direction: sendsAudio ? .sendrecv : .recvonly)
        peer.addTransceiver(.video, direction: sendsVideo ? .sendrecv : .recvonly)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let transport = PeerTransport(eventLoop: eventLoop, peer: peer, logger: logger) { bound.value.perform($0) }
        peer.handle(.videoBitrateLimit(configuration.media.video.maximumBitrate), at: now)
        peer.setPictureLimit(wish.limit)
        self.peer = peer
        self.transport = transport
        transport.handle(.usefulBitrate(shownPicture?.usefulBitrate))
        let eventLoop = eventLoop
        let onEvent = onEvent
        media = try MediaSession(configuration: configuration.media, sendsVideo: sendsVideo) { event in
            switch event {
            case .localPicture(let picture): onEvent(.localPicture(picture))
            case .remotePicture(let picture, let timestamp):
                eventLoop.execute { bound.value.show(picture, rtpTimestamp: timestamp) }
            case .note(let text): onEvent(.note(text))
            case .levels(let microphone, let speaker): onEvent(.levels(microphone: microphone, speaker: speaker))
            case .speechMuted: onEvent(.speechMuted)
            case .video(let media): eventLoop.execute { bound.value.transmit(media, .video) }
            case .audio(let media): eventLoop.execute { bound.value.transmit(media, .audio) }
            case .silence(let sampleCount): eventLoop.execute { bound.value.skipSound(sampleCount: sampleCount) }
            case .keyFrameNeeded: eventLoop.execute { bound.value.requestKeyFrame() }
            case .videoMuted(let isMuted): eventLoop.execute { bound.value.setVideoMuted(isMuted) }
            }
        }
        media?.prepare()
        let addresses = try LocalAddresses.all(includingLoopback: configuration.usesLoopback)
        _ = transport.open(on: addresses, servers: configuration.iceServers)
        return transport
    }

    func transceiver(_ kind: MediaKind) -> Int? {
        peer?.transceivers.first { $0.kind == kind }?.id
    }

    private func transmit(_ media: EncodedMedia, _ kind: MediaKind) {
        guard let id = transceiver(kind) else { return }
        transport?.handle(.media(media, transceiver: id))
    }

    private func skipSound(sampleCount: Int) {
        guard let id = transceiver(.audio) else { return }
        transport?.handle(.silence(sampleCount: sampleCount, transceiver: id))
    }

    private func requestKeyFrame() {
        guard let id = transceiver(.video) else { return }
        transport?.handle(.keyFrameNeeded(transceiver: id))
    }

    /// Hands a decoded picture on when its sound is due.
    private func show(_ picture: VideoFrame, rtpTimestamp: UInt32) {
        guard let media else { return }
        if !hasFirstFrame {
            hasFirstFrame = true
            onEvent(.firstFrame(info, milliseconds: Int((Instant.now - began).milliseconds)))
        }
        let delay = media.holdBack(rtpTimestamp, at: .now)
        // None may overtake those that wait.
        if delay < Self.shortestHold, heldPictures == 0 { return onEvent(.remotePicture(picture)) }
        heldPictures += 1
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: .nanoseconds(delay.nanoseconds)) {
            bound.value.heldPictures -= 1
            bound.value.onEvent(.remotePicture(picture))
        }
    }

    /// Less than this nobody sees.
    private static let shortestHold: Duration = .milliseconds(5)

    private func perform(_ output: PeerConnection.Output) {
        switch output {
        case .transmit, .resolve, .openStream, .writeStream, .closeStream: break  // the transport's
        case .candidate(let candidate):
            handle(
                .localCandidate(
                    candidate.map {
                        Candidate(
                            candidate: $0.candidate, sdpMid: $0.sdpMid, sdpMLineIndex: $0.sdpMLineIndex,
                            usernameFragment: $0.usernameFragment)
                    }))
        case .state(let state): connectionChanged(state)
        case .negotiated: negotiated()
        case .videoFrame(let frame, let id): if id == transceiver(.video) { media?.receiveFrame(frame) }
        case .audioPacket(let packet, let id): if id == transceiver(.audio) { media?.receivePacket(packet, at: .now) }
        case .audioCopy(let packet, let id): if id == transceiver(.audio) { media?.receiveCopy(packet, at: .now) }
        case .senderReport(let report, let id): media?.receiveReport(report, isVideo: id == transceiver(.video))
        case .keyFrameRequested: media?.requestKeyFrame()
        case .bitrate(let allocation): media?.setBitrate(allocation)
        }
    }

    private func connectionChanged(_ state: ConnectionState) {
        logger.debug("connection", metadata: ["call": "\(info.id)", "state": "\(state)"])
        switch state {
        case .new, .connecting: break
        case .connected: handle(.media(.connected))
        case .disconnected: handle(.media(.disconnected))
        case .failed(let why): handle(.media(.failed(why)))
        case .closed: handle(.media(.closed))
        }
    }

    // MARK: - Statistics

    private func startStatistics() {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        statisticsTimer = eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            bound.value.reportStatistics()
        }
    }

    private func reportStatistics() {
        guard let connectedAt, let peer, let media else { return }
        var statistics = CallStatistics(peer)
        media.fill(&statistics)
        if let loss = peer.reportedAudioLoss { media.setReportedAudioLoss(loss) }
        onEvent(.statistics(info, statistics, seconds: (Instant.now - connectedAt).seconds))
    }
}
