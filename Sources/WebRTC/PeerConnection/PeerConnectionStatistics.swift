import Congestion
import ICE
import RTP
import SDP
import Security
import Wire

/// What a session knows of itself, by the names of W3C's statistics; what is not known is `nil`.
public struct PeerConnectionStatistics: Sendable {
    /// Seconds: of the selected pair's checks, else of RTCP.
    public var roundTripTime: Double?
    public var localCandidateType: String?
    public var remoteCandidateType: String?
    public var srtpCipher: String?
    public var dtlsCipher: String?
    /// Bits per second that the path takes as far as is known: from the packets' arrival, else as the other side estimated
    /// (REMB).
    public var availableOutgoingBitrate: Int?
    /// What the encoders may take; `nil` before there is a connection.
    public var allocation: BitrateAllocation?
    public var counters: Counters
    public var ice: ICEStatistics
    public var inboundVideo: InboundStatistics?
    public var inboundAudio: InboundStatistics?
    public var outboundVideo: OutboundStatistics?
    public var outboundAudio: OutboundStatistics?
}

extension PeerConnection {
    public var statistics: PeerConnectionStatistics {
        let ice = ice.statistics
        let path = self.ice.sendPath
        var result = PeerConnectionStatistics(
            localCandidateType: path?.localType.rawValue, remoteCandidateType: path?.remoteType.rawValue,
            srtpCipher: dtlsConnection?.keys.profile.name, dtlsCipher: dtlsConnection?.cipher,
            availableOutgoingBitrate: availableOutgoingBitrate, allocation: allocation, counters: counters,
            ice: ice)
        // Of sections beyond the first of their kind nothing is sent or received, so the first one counts.
        for transceiver in transceivers.reversed() {
            let sent = senders[transceiver.id].map(\.stream.statistics)
            let received = receivers[transceiver.id]?.statistics
            switch transceiver.kind {
            case .video:
                result.outboundVideo = sent
                result.inboundVideo = received
            case .audio:
                result.outboundAudio = sent
                result.inboundAudio = received
            }
        }
        let measured = senders.values.compactMap(\.stream.roundTripTime).min()
        result.roundTripTime = (ice.selectedPair?.currentRoundTripTime ?? measured)?.seconds
        return result
    }

    /// The fraction of the audio packets sent that the other side missed lately, 0...1; `nil` until it has reported.
    public var reportedAudioLoss: Double? {
        let audio = transceivers.first { $0.kind == .audio }
        return audio.flatMap { senders[$0.id]?.stream.remoteInbound?.fractionLost }
    }
}
