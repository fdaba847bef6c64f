import PeerConnection
import RTP

extension CallStatistics {
    /// What the peer connection knows; the media fill in the rest.
    init(_ peer: PeerConnection) {
        let known = peer.statistics
        transport.roundTripTime = known.roundTripTime
        transport.localCandidateType = known.localCandidateType
        transport.remoteCandidateType = known.remoteCandidateType
        transport.srtpCipher = known.srtpCipher
        transport.dtlsCipher = known.dtlsCipher
        transport.bytesSent = known.counters.bytesSent
        transport.bytesReceived = known.counters.bytesReceived
        transport.availableOutgoingBitrate = known.availableOutgoingBitrate.map(Double.init)
        if let video = known.inboundVideo {
            var inbound = InboundVideo()
            inbound.packetsReceived = video.packetsReceived
            inbound.packetsLost = video.packetsLost
            inbound.nackCount = video.nackCount
            inbound.pliCount = video.pliCount
            inbound.jitter = video.jitter
            inbound.bytesReceived = video.bytesReceived
            self.inbound.video = inbound
        }
        if let audio = known.inboundAudio {
            var inbound = InboundAudio()
            inbound.packetsReceived = audio.packetsReceived
            inbound.packetsLost = audio.packetsLost
            inbound.jitter = audio.jitter
            inbound.bytesReceived = audio.bytesReceived
            self.inbound.audio = inbound
        }
        if let video = known.outboundVideo {
            var outbound = OutboundVideo()
            outbound.packetsSent = video.packetsSent
            outbound.retransmittedPacketsSent = video.retransmittedPacketsSent
            outbound.nackCount = video.nackCount
            outbound.pliCount = video.pliCount
            outbound.bytesSent = video.bytesSent
            self.outbound.video = outbound
        }
        if let audio = known.outboundAudio {
            var outbound = OutboundAudio()
            outbound.packetsSent = audio.packetsSent
            outbound.bytesSent = audio.bytesSent
            self.outbound.audio = outbound
        }
    }
}
