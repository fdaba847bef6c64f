import PeerConnection
import Playout
import RTP
import SDP
import Simulation
import Wire

/// A picture every 33 ms and a packet of sound every 20 ms, whatever the network; keeps all that comes.
final class SteadyMedia: VirtualMedia {
    private(set) var frames: [AssembledFrame] = []
    private(set) var audioPackets: [RTPPacket] = []
    private(set) var keyFramesRequested = 0
    /// When the last packet of sound came.
    private(set) var lastSound: Instant?
    private var wantsKeyFrame = true
    private var frameNumber = 0
    private var nextVideo: Instant?
    private var nextAudio: Instant?

    func start(at now: Instant) {
        (nextVideo, nextAudio) = (now, now)
    }

    /// Sound goes on alone.
    func stopPictures() {
        nextVideo = nil
    }

    func stop() {
        (nextVideo, nextAudio) = (nil, nil)
    }

    var deadline: Instant? { earliest(nextVideo, nextAudio) }

    func due(at now: Instant) -> [(kind: MediaKind, media: EncodedMedia)] {
        var due: [(kind: MediaKind, media: EncodedMedia)] = []
        if let next = nextVideo, next <= now {
            nextVideo = next + .microseconds(33_333)
            due.append((.video, EncodedMedia(bytes: picture(), capturedAt: now)))
        }
        if let next = nextAudio, next <= now {
            nextAudio = next + .milliseconds(20)
            due.append((.audio, EncodedMedia(bytes: [0x78, 1, 2, 3], capturedAt: now)))
        }
        return due
    }

    private func picture() -> [UInt8] {
        let isKeyFrame = wantsKeyFrame
        wantsKeyFrame = false
        // What a VP8 frame starts with (RFC 6386 section 9.1): the lowest bit is 0 in key frames; 640x480.
        let header: [UInt8] = isKeyFrame ? [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01] : [0x11, 0, 0]
        frameNumber += 1
        return header + [UInt8](repeating: UInt8(truncatingIfNeeded: frameNumber), count: isKeyFrame ? 9_000 : 1_500)
    }

    func handle(_ output: PeerConnection.Output, at now: Instant) {
        switch output {
        case .videoFrame(let frame, _): frames.append(frame)
        case .audioPacket(let packet, _):
            audioPackets.append(packet)
            lastSound = now
        case .keyFrameRequested:
            keyFramesRequested += 1
            wantsKeyFrame = true
        default: break
        }
    }
}

extension VirtualCall {
    /// Starts sound and picture, both ways.
    func startMedia() {
        for end in [caller, callee] { end.steadyMedia.start(at: now) }
    }

    func stopMedia() {
        for end in [caller, callee] { end.steadyMedia.stop() }
    }
}

extension VirtualCall.End {
    fileprivate var steadyMedia: SteadyMedia {
        if let media = media as? SteadyMedia { return media }
        let media = SteadyMedia()
        self.media = media
        return media
    }

    var frames: [AssembledFrame] { steadyMedia.frames }
    var audioPackets: [RTPPacket] { steadyMedia.audioPackets }
    var keyFramesRequested: Int { steadyMedia.keyFramesRequested }
}
