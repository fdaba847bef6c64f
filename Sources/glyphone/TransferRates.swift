import Calls
import Console

/// Makes what a person wants to see of a call's counters: rates over the last second instead of sums.
struct TransferRates {
    private var last: (seconds: Double, bytes: Int, packets: Int, lost: Int)?

    mutating func summary(of statistics: CallStatistics, at seconds: Double) -> ConsoleStatistics {
        let (video, audio) = (statistics.inbound.video, statistics.inbound.audio)
        let bytes = statistics.transport.bytesReceived ?? 0
        let packets = (video?.packetsReceived ?? 0) + (audio?.packetsReceived ?? 0)
        let lost = (video?.packetsLost ?? 0) + (audio?.packetsLost ?? 0)
        var loss: Double?
        var rate: Double?
        if let last, seconds > last.seconds {
            rate = Double(bytes - last.bytes) * 8 / 1000 / (seconds - last.seconds)
            let (missed, came) = (max(0, lost - last.lost), max(0, packets - last.packets))
            loss = missed + came > 0 ? Double(missed) / Double(missed + came) : 0
        }
        last = (seconds, bytes, packets, lost)
        var details: [(label: String, value: String)] = []
        if let video, let width = video.frameWidth, let height = video.frameHeight {
            details.append(("video in", "VP8 \(width)x\(height) \(Int(video.framesPerSecond ?? 0))/s, \(video.framesDropped ?? 0) dropped"))
        }
        if let video = statistics.outbound.video, let width = video.frameWidth, let height = video.frameHeight {
            details.append(("video out", "VP8 \(width)x\(height) \(Int(video.framesPerSecond ?? 0))/s, QP \(video.qp ?? 0)"))
        }
        if let rate = statistics.transport.availableOutgoingBitrate { details.append(("line out", "about \(Int(rate / 1000)) kbit/s")) }
        if let delay = audio?.jitterBufferDelayMs {
            details.append(("sound buffer", "\(Int(delay)) ms, \(audio?.playoutUnderruns ?? 0) underruns"))
        }
        if let cipher = statistics.transport.srtpCipher { details.append(("encryption", cipher)) }
        if let local = statistics.transport.localCandidateType, let remote = statistics.transport.remoteCandidateType {
            details.append(("path", "\(local) to \(remote)"))
        }
        return .init(
            roundTripMilliseconds: statistics.transport.roundTripTime.map { $0 * 1000 }, lossFraction: loss,
            receivedKilobitsPerSecond: rate, isRelayed: statistics.transport.localCandidateType.map { $0 == "relay" },
            sentPicture: SentPicture(statistics.outbound.video), details: details)
    }
}

extension SentPicture {
    fileprivate init(_ video: CallStatistics.OutboundVideo?) {
        guard let video, video.qualityLimitationReason == "bandwidth" else {
            self = .whole
            return
        }
        self = video.targetBitrate == 0 ? .paused : .reduced
    }
}
