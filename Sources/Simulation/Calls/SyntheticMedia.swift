import Congestion
import PeerConnection
import Playout
import RTP
import SDP
import Wire

/// Sound and picture of one end of a call in virtual time: sends what encoders would, plays what comes, and keeps the account.
public final class SyntheticMedia: VirtualMedia {
    /// What happened to the pictures that came.
    public struct Pictures: Sendable {
        public var shown = 0
        public var freezes = FreezeDetector()
        /// When each picture was shown, and how old it was then.
        public var times: [(at: Instant, age: Duration)] = []
    }

    public struct Configuration: Sendable {
        /// What the source gives.
        public var format = VideoLadder.Format(width: 640, height: 480, framesPerSecond: 30)
        /// Bits per second for pictures: what calls take at that size at most.
        public var maximumBitrate = 1_500_000

        public init() {}
    }

    private let configuration: Configuration
    private var encoder: SyntheticEncoder
    private var ladder = VideoLadder()
    /// What the other side takes.
    private var limit = VideoLadder.Limit()
    private var allocation = BitrateAllocation(audio: 40_000, video: 0)
    private var protection = AudioProtection()
    private var lastPicture: Instant?
    private var nextPicture: Instant
    private var nextSound: Instant
    private var nextPlayout: Instant
    private var playout = AudioPlayout(decoder: SyntheticSound())

    /// When each picture was encoded.
    public private(set) var encoded: [Instant] = []
    /// What the newest one was encoded as.
    public private(set) var format: VideoLadder.Format?
    public private(set) var keyFrames = 0
    public var sendsVideo: Bool { allocation.video > 0 }
    public private(set) var pictures = Pictures()

    /// The device's and the camera's clocks have phases of their own, which `random` gives.
    public init(_ configuration: Configuration = Configuration(), random: RandomSource, at now: Instant) {
        self.configuration = configuration
        var random = random
        nextPicture = now + .microseconds(Int64.random(in: 0..<33_333, using: &random))
        nextSound = now + .microseconds(Int64.random(in: 0..<20_000, using: &random))
        nextPlayout = now + .microseconds(Int64.random(in: 0..<10_000, using: &random))
        encoder = SyntheticEncoder(format: configuration.format, random: .seeded(random.next()))
    }

    /// Looks at what the other side reported on the sound, once a second as in a real call, and whether it takes copies.
    public func receiveReports(of peer: PeerConnection) {
        protection.canRepeat = peer.transceivers.first { $0.kind == .audio }?.negotiated?.sendCodec?.redPayloadType != nil
        if let loss = peer.reportedAudioLoss { protection.receive(reportedLoss: loss) }
    }

    public func negotiated(_ peer: PeerConnection) {
        limit = peer.remotePictureLimit
    }

    public var sound: AudioPlayoutStatistics { playout.statistics }
    /// How long sound waits before it is played, at the moment.
    public var soundDelay: Duration? { playout.currentDelay }

    /// What became of sound and picture together.
    public private(set) var presentation = SyntheticPresentation()

    public var deadline: Instant? { min(nextPicture, nextSound, nextPlayout) }

    public func due(at now: Instant) -> [(kind: MediaKind, media: EncodedMedia)] {
        var due: [(kind: MediaKind, media: EncodedMedia)] = []
        while nextPlayout <= now {
            _ = playout.nextFrame(at: nextPlayout)
            if let timestamp = playout.playedTimestamp, let delay = playout.currentDelay {
                playout.minimumDelay = presentation.heard(timestamp, delay: delay, at: nextPlayout)
            }
            nextPlayout += .milliseconds(10)
        }
        if nextSound <= now {
            nextSound = Self.following(nextSound, every: .milliseconds(20), after: now)
            let plan = protection.plan
            // A steady tone, of which Opus copies nothing by itself.
            let packet = SyntheticSound.packet(bitrate: plan.bitrate, hasFEC: false, capturedAt: now)
            due.append((.audio, EncodedMedia(bytes: packet, capturedAt: now, redundancy: plan.redundancy)))
        }
        if nextPicture <= now {
            nextPicture = Self.following(
                nextPicture, every: .nanoseconds(Int64(1e9 / configuration.format.framesPerSecond)), after: now)
            if let picture = encode(at: now) { due.append((.video, EncodedMedia(bytes: picture, capturedAt: now))) }
        }
        return due
    }

    /// When a device that gave something at `time` gives again: what it gave while nothing could be sent is gone.
    private static func following(_ time: Instant, every interval: Duration, after now: Instant) -> Instant {
        let missed = (now - time).nanoseconds / interval.nanoseconds
        return time + interval * Int(missed + 1)
    }

    private func encode(at now: Instant) -> [UInt8]? {
        guard allocation.video > 0 else { return nil }
        let format = ladder.update(bitrate: allocation.video, source: configuration.format, limit: limit, at: now)
        // Half a picture's time of tolerance, since the source's clock knows nothing of the rate wanted.
        if let lastPicture, (now - lastPicture).seconds < 1 / format.framesPerSecond - 0.5 / configuration.format.framesPerSecond {
            return nil
        }
        encoder.set(format, bitrate: allocation.video)
        lastPicture = now
        guard let frame = encoder.encode() else { return nil }
        encoded.append(now)
        self.format = format
        keyFrames += frame.isKeyFrame ? 1 : 0
        // What a VP8 frame starts with (RFC 6386 section 9.1): the lowest bit is 0 in key frames, which tell the size. Then the time.
        var bytes: [UInt8] = frame.isKeyFrame ? [0x10, 0, 0, 0x9d, 0x01, 0x2a] : [0x11, 0, 0]
        if frame.isKeyFrame {
            for side in [format.width, format.height] { bytes += [UInt8(side & 0xFF), UInt8(side >> 8 & 0x3F)] }
        }
        bytes += (0..<8).map { UInt8(truncatingIfNeeded: now.nanoseconds >> (56 - 8 * $0)) }
        return bytes + [UInt8](repeating: 0x55, count: max(0, frame.size - bytes.count))
    }

    public func handle(_ output: PeerConnection.Output, at now: Instant) {
        switch output {
        case .videoFrame(let frame, _): show(frame, at: now)
        case .audioPacket(let packet, _):
            playout.insert(packet, at: now)
            if let captured = SyntheticSound.capture(of: packet.payload) {
                presentation.soundArrived(packet.timestamp, captured: captured, at: now)
            }
        case .senderReport(let report, let transceiver): presentation.receive(report, transceiver: transceiver)
        case .audioCopy(let packet, _): playout.insertCopy(packet, at: now)
        case .keyFrameRequested: encoder.requestKeyFrame()
        case .bitrate(let new):
            allocation = new
            protection.receive(new)
        default: break
        }
    }

    private func show(_ frame: AssembledFrame, at now: Instant) {
        let start = frame.isKeyFrame ? 10 : 3
        guard frame.bytes.count >= start + 8 else { return }
        let captured = Instant(nanoseconds: frame.bytes[start..<(start + 8)].reduce(Int64(0)) { $0 << 8 | Int64($1) })
        let time = presentation.show(frame.rtpTimestamp, captured: captured, decodedAt: now)
        pictures.shown += 1
        pictures.freezes.rendered(at: time)
        pictures.times.append((time, time - captured))
    }
}
