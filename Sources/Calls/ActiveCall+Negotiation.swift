import Logging
import NIOCore
import PeerConnection
import SDP
import Transport
import Wire

/// What the two sides agree on anew while the call is on: which way pictures go, and how large they are.
extension ActiveCall {
    func setVideoMuted(_ isMuted: Bool) {
        isVideoMuted = isMuted
        onEvent(.localVideoMuted(isMuted))
        directVideo()
    }

    /// Tells the other side by the picture's direction whether one comes, so that it need not guess from black.
    func directVideo() {
        guard sendsVideo, let id = transceiver(.video) else { return }
        let direction = isCameraOff || isVideoMuted ? MediaDirection.recvonly : .sendrecv
        if direction != videoDirection {
            videoDirection = direction
            isDirectionNew = true
            peer?.setDirection(direction, of: id)
        }
        negotiate()
    }

    /// Tells the other side to send no more than can be seen here: how many bits at once, how large pictures when that lasts.
    func setShownPicture(_ picture: ShownPicture) {
        guard configuration.media.videoRecording == nil else { return }
        shownPicture = picture
        transport?.handle(.usefulBitrate(picture.usefulBitrate))
        handleWish(.shown(picture))
    }

    private func handleWish(_ input: PictureWish.Input) {
        wish.handle(input, at: .now)
        while let limit = wish.nextOutput() {
            peer?.setPictureLimit(limit)
            isLimitNew = true
        }
        negotiate()
        wishTimer?.cancel()
        wishTimer = wish.deadline.map { deadline in
            let bound = NIOLoopBound(self, eventLoop: eventLoop)
            return eventLoop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(max(0, deadline.nanoseconds)))) {
                bound.value.handleWish(.timeout)
            }
        }
    }

    /// After a negotiation, for what changed meanwhile.
    func negotiateSoon() {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute { bound.value.negotiate() }
    }

    /// Offers what is new. What changes during a negotiation is offered after it.
    func negotiate() {
        guard isDirectionNew || isLimitNew, machine.state == .connected, let peer, let transport else { return }
        guard peer.isNegotiationNeeded else { return }
        isLimitNew = false
        do {
            handle(.reoffer(sdp: try transport.perform { peer, now in try peer.makeOffer(at: now) }))
        } catch {
            logger.debug("no offer could be made", metadata: ["call": "\(info.id)", "error": "\(error)"])
        }
    }

    func negotiated() {
        guard let transceivers = peer?.transceivers else { return }
        let video = transceivers.first { $0.kind == .video }
        if video?.currentDirection == videoDirection { isDirectionNew = false }
        // Where we offer no picture, nothing says whether the other side would take one.
        if videoDirection == .sendrecv { media?.setVideoWanted(video?.negotiated?.canSend ?? false) }
        let audio = transceivers.first { $0.kind == .audio }
        media?.setCanRepeatAudio(audio?.negotiated?.sendCodec?.redPayloadType != nil)
        media?.setDTX(audio?.negotiated?.sendCodec?.parameters.prefersDTX ?? false)
        if let peer { media?.setPictureLimit(peer.remotePictureLimit) }
        onEvent(
            .remoteMedia(audio: audio?.negotiated?.canReceive ?? false, video: video?.negotiated?.canReceive ?? false))
    }
}
