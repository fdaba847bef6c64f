import Codecs
import Congestion
import Devices
import MediaSources
import NIOPosix
import PeerConnection
import Playout
import RTP
import VoiceProcessing
import Wire

/// What a call sends and where it plays.
public struct MediaConfiguration: Sendable {
    public var video: VideoSourceSpecification
    public var audio: AudioSourceSpecification
    public var playback: PlaybackSpecification
    /// What is done to a microphone's sound; sound from elsewhere is sent as it is.
    public var voice: VoiceOptions
    /// Where the received picture is kept as it came (Y4M), and the sound as it was played (WAV).
    public var videoRecording: String?
    public var audioRecording: String?

    public init(
        video: VideoSourceSpecification, audio: AudioSourceSpecification, playback: PlaybackSpecification,
        voice: VoiceOptions = VoiceOptions(), videoRecording: String? = nil, audioRecording: String? = nil
    ) {
        self.video = video
        self.audio = audio
        self.playback = playback
        self.voice = voice
        self.videoRecording = videoRecording
        self.audioRecording = audioRecording
    }
}

/// Sound and picture of one call: sources, codecs, playback, each on a thread of its own.
///
/// Sources are opened in the background, since a camera may take its time; one that can't be had is told of and left out.
final class MediaSession: Sendable {
    enum Event: Sendable {
        case video(EncodedMedia)
        case audio(EncodedMedia)
        /// So many samples of silence need not be sent.
        case silence(sampleCount: Int)
        case remotePicture(VideoFrame, rtpTimestamp: UInt32)
        case localPicture(VideoFrame)
        case keyFrameNeeded
        /// The camera gives no pictures, though it should (true); or gives them (again).
        case videoMuted(Bool)
        /// What is said and what is heard, see ``LevelMeter``.
        case levels(microphone: Double, speaker: Double)
        /// Somebody speaks into the muted microphone.
        case speechMuted
        /// One sentence for the person.
        case note(String)
    }

    fileprivate struct State {
        var isSending = false
        var isVideoWanted = true
        var canRepeatAudio = false
        var usesDTX = false
        var pictureLimit = VideoLadder.Limit()
        var isMuted = false
        var isCameraOff = false
        var isStopped = false
        var allocation: BitrateAllocation?
        var videoSender: VideoSender?
        var audioSender: AudioSender?
        var voice: VoiceProcessor?
        var playback: any AudioPlayback
        var isPlaying = false
        /// Underruns of playbacks that have been replaced.
        var earlierUnderflows = 0
        /// Frames of encoders that have been replaced.
        var earlierFrames = 0

        /// The camera is open while its pictures are for somebody, and no longer.
        var isCaptureWanted: Bool { !isCameraOff && isVideoWanted && !isStopped }
    }

    private let configuration: MediaConfiguration
    private let sendsVideo: Bool
    private let onEvent: @Sendable (Event) -> Void
    private let state: Monitor<State>
    /// Opens and replaces devices, one thing after the other.
    private let opener = Monitor<MediaThread?>(nil)
    /// Whether the picture's source is open. Opening and closing may take a while, and are done one at a time.
    private let isCapturing = Monitor(false)
    private let videoReceiver: VideoReceiver
    private let audioReceiver: AudioReceiver
    private let videoRecording: Y4MWriter?
    private let audioRecording: WAVWriter?
    private let lipSync = Monitor(LipSync())
    private let shown = Monitor(ShownPictures())
    private let clicks = Monitor(ClickMeter())

    /// - Parameter onEvent: called on any of the media's threads.
    /// - Throws: `MediaError` or `OpusError`: a recording can't be written, or there is no decoder.
    init(configuration: MediaConfiguration, sendsVideo: Bool, onEvent: @escaping @Sendable (Event) -> Void) throws {
        self.configuration = configuration
        self.sendsVideo = sendsVideo
        self.onEvent = onEvent
        let videoRecording = try configuration.videoRecording.map { try Y4MWriter(path: $0) }
        self.videoRecording = videoRecording
        audioRecording = try configuration.audioRecording.map { try WAVWriter(path: $0) }
        audioReceiver = try AudioReceiver()
        state = Monitor(State(playback: try openPlayback(configuration.playback) { onEvent(.note($0)) }))
        videoReceiver = VideoReceiver { event in
            switch event {
            case .picture(let picture, let timestamp):
                do { try videoRecording?.append(picture.buffer) } catch { onEvent(.note("\(error)")) }
                onEvent(.remotePicture(picture, rtpTimestamp: timestamp))
            case .keyFrameNeeded: onEvent(.keyFrameNeeded)
            }
        }
    }

    /// Opens the sources, so that there is a picture by the time that it may be sent.
    func prepare() {
        inBackground { $0.open() }
    }

    /// Sends pictures from another source from now on, where the call has pictures of ours.
    func setVideo(_ video: VideoSourceSpecification) {
        guard sendsVideo else { return }
        inBackground { $0.replaceVideo(by: video) }
    }

    /// Sends sound from another source from now on.
    func setAudio(_ audio: AudioSourceSpecification) {
        inBackground { $0.replaceAudio(by: audio) }
    }

    /// Plays elsewhere from now on.
    func setPlayback(_ playback: PlaybackSpecification) {
        inBackground { $0.replacePlayback(by: playback) }
    }

    private func inBackground(_ work: @escaping @Sendable (MediaSession) -> Void) {
        opener.withLock { opener in
            let previous = opener
            opener = MediaThread(name: "media-open") { [self] _ in
                previous?.stop()
                work(self)
            }
        }
    }

    /// The path is there: sound and picture go out, and what comes is played.
    func start() {
        let (video, audio) = state.update { state in
            state.isSending = true
            state.isPlaying = true
            start(state.playback)
            return (state.isVideoWanted ? state.videoSender : nil, state.audioSender)
        }
        video?.startSending()
        audio?.startSending()
    }

    private func start(_ playback: any AudioPlayback) {
        let (state, receiver, recording, lipSync, clicks) = (state, audioReceiver, audioRecording, lipSync, clicks)
        let onEvent = onEvent
        playback.start { [weak playback] in
            let (block, played) = receiver.nextBlock()
            do { try recording?.append(block) } catch { onEvent(.note("\(error)")) }
            let delay = playback?.delay
            state.withLock { $0.voice }?.willPlay(block, heardAt: delay.map { MediaClock.now + $0 })
            if let played {
                let latency = delay ?? .zero
                let heardAt = Instant(nanoseconds: MediaClock.monotonicNanoseconds) + latency
                clicks.withLock { $0.receive(block, heardAtUnixNanoseconds: MediaClock.unixNanoseconds + latency.nanoseconds) }
                let minimum = lipSync.withLock { lipSync in
                    lipSync.heard(rtpTimestamp: played.rtpTimestamp, delay: played.delay, at: heardAt)
                    return lipSync.audioDelay
                }
                receiver.setMinimumDelay(minimum)
            }
            return block
        }
    }

    func receiveFrame(_ frame: AssembledFrame) {
        videoReceiver.decode(frame)
    }

    /// The other side's clocks, for lip sync.
    func receiveReport(_ report: SenderReport, isVideo: Bool) {
        lipSync.withLock { $0.senderReport(isVideo ? .video : .audio, ntp: report.ntpTime, rtpTimestamp: report.rtpTimestamp) }
    }

    /// How long a decoded picture is to be held back, so that the picture moves evenly and its sound can keep up. To be asked once for
    /// each, in order.
    func holdBack(_ rtpTimestamp: UInt32, at now: Instant) -> Duration {
        lipSync.withLock { lipSync in
            let (time, due) = shown.withLock { ($0.show(rtpTimestamp, decodedAt: now, heldBack: lipSync.videoDelay), $0.due) }
            lipSync.seen(rtpTimestamp: rtpTimestamp, at: due)
            return time - now
        }
    }

    func receivePacket(_ packet: RTPPacket, at now: Instant) {
        audioReceiver.receive(packet, at: now)
    }

    func receiveCopy(_ packet: RTPPacket, at now: Instant) {
        audioReceiver.receiveCopy(packet, at: now)
    }

    func requestKeyFrame() {
        state.withLock { $0.videoSender }?.requestKeyFrame()
    }

    /// Whether the other side takes a picture at all: one that nobody gets is not encoded.
    func setVideoWanted(_ isWanted: Bool) {
        let sender = state.update { state -> VideoSender? in
            guard state.isVideoWanted != isWanted else { return nil }
            state.isVideoWanted = isWanted
            return state.isSending ? state.videoSender : nil
        }
        if isWanted { sender?.startSending() } else { sender?.pauseSending() }
        switchCapture()
    }

    /// Tells the encoders what the path takes.
    func setBitrate(_ allocation: BitrateAllocation) {
        let (video, audio) = state.update { state in
            state.allocation = allocation
            return (state.videoSender, state.audioSender)
        }
        video?.setBitrate(allocation.video)
        audio?.setBitrate(allocation)
    }

    /// Tells whether the other side takes packets of sound that repeat earlier ones.
    func setCanRepeatAudio(_ canRepeat: Bool) {
        state.update { state -> AudioSender? in
            state.canRepeatAudio = canRepeat
            return state.audioSender
        }?.setCanRepeat(canRepeat)
    }

    /// Tells whether the other side wants next to nothing sent while there is silence (`usedtx=1`).
    func setDTX(_ usesDTX: Bool) {
        state.update { state -> AudioSender? in
            state.usesDTX = usesDTX
            return state.audioSender
        }?.setDTX(usesDTX)
    }

    /// Tells what pictures the other side takes (`max-fs`, `max-fr`).
    func setPictureLimit(_ limit: VideoLadder.Limit) {
        state.update { state -> VideoSender? in
            state.pictureLimit = limit
            return state.videoSender
        }?.setLimit(limit)
    }

    /// Tells what fraction of the sound's packets gets lost on the way to the other side.
    func setReportedAudioLoss(_ fraction: Double) {
        state.withLock { $0.audioSender }?.setReportedLoss(fraction)
    }

    func setMuted(_ isMuted: Bool) {
        state.update { state in
            state.isMuted = isMuted
            return state.audioSender
        }?.setMuted(isMuted)
    }

    /// The camera is closed while off.
    func setCameraOff(_ isOff: Bool) {
        state.withLock { $0.isCameraOff = isOff }
        switchCapture()
    }

    /// Opens or closes the picture's source, as is wanted by then, on another thread: a camera may take its time.
    private func switchCapture() {
        NIOThreadPool.singleton.submit { [self] _ in applyCapture() }
    }

    private func applyCapture() {
        isCapturing.withLock { isCapturing in
            let (isWanted, sender) = state.withLock { ($0.isCaptureWanted, $0.videoSender) }
            guard let sender, isWanted != isCapturing else { return }
            isCapturing = isWanted
            if isWanted { sender.startCapturing() } else { sender.stopCapturing() }
        }
    }

    /// The camera stopped giving pictures by itself, or gives them (again).
    private func setVideoMuted(_ isMuted: Bool) {
        if isMuted { state.withLock { $0.videoSender }?.showBlack() }
        onEvent(.videoMuted(isMuted))
    }

    /// Ends all threads and waits for them; recordings are complete afterwards.
    func stop() {
        opener.withLock { $0 }?.stop()
        let (video, audio, playback) = state.update { state in
            state.isStopped = true
            defer { (state.videoSender, state.audioSender, state.voice) = (nil, nil, nil) }
            return (state.videoSender, state.audioSender, state.playback)
        }
        // One who is just opening the source is waited for, and nobody opens it again.
        isCapturing.withLock { _ in video?.stop() }
        audio?.stop()
        playback.stop()
        videoReceiver.stop()
        videoRecording?.close()
        audioRecording?.close()
    }

    /// Adds what the media know to `statistics`.
    func fill(_ statistics: inout CallStatistics) {
        let received = videoReceiver.statistics
        if received.framesDecoded > 0 || statistics.inbound.video != nil {
            var video = statistics.inbound.video ?? CallStatistics.InboundVideo()
            video.framesDecoded = received.framesDecoded
            video.keyFramesDecoded = received.keyFramesDecoded
            video.framesDropped = received.framesDropped
            if received.framesDecoded > 0 {
                video.frameWidth = received.width
                video.frameHeight = received.height
                video.framesPerSecond = received.framesPerSecond
            }
            let shown = shown.withLock { $0 }
            video.freezeCount = shown.freezes.freezeCount
            video.totalFreezesDuration = shown.freezes.totalFreezesDuration.seconds
            video.jitterBufferDelayMs = shown.meanDelay?.milliseconds
            video.endToEndMs = received.endToEndMilliseconds
            video.stampFramesLost = received.stampFramesLost
            statistics.inbound.video = video
        }
        let (playout, level) = audioReceiver.statistics
        if statistics.inbound.audio != nil {
            statistics.inbound.audio?.concealedSamples = playout.concealedSamples
            statistics.inbound.audio?.silentConcealedSamples = playout.silentConcealedSamples
            statistics.inbound.audio?.concealmentEvents = playout.concealmentEvents
            statistics.inbound.audio?.insertedSamplesForDeceleration = playout.insertedSamplesForDeceleration
            statistics.inbound.audio?.removedSamplesForAcceleration = playout.removedSamplesForAcceleration
            statistics.inbound.audio?.packetsDiscarded = playout.packetsDiscarded
            statistics.inbound.audio?.fecPacketsReceived = playout.fecPacketsReceived
            statistics.inbound.audio?.fecPacketsDiscarded = playout.fecPacketsDiscarded
            statistics.inbound.audio?.totalSamplesReceived = playout.totalSamplesReceived
            statistics.inbound.audio?.endToEndMs = clicks.withLock { $0.endToEndMilliseconds(at: MediaClock.unixNanoseconds) }
            statistics.inbound.audio?.audioLevelDb = level
            statistics.inbound.audio?.playoutUnderruns = state.withLock { $0.earlierUnderflows + $0.playback.underflowCount }
            if playout.jitterBufferEmittedCount > 0 {
                statistics.inbound.audio?.jitterBufferDelayMs =
                    playout.jitterBufferDelay / Double(playout.jitterBufferEmittedCount) * 1000
            }
        }
        let (sender, earlierFrames) = state.withLock { ($0.videoSender, $0.earlierFrames) }
        if let sent = sender?.statistics, sent.framesEncoded + earlierFrames > 0 {
            var video = statistics.outbound.video ?? CallStatistics.OutboundVideo()
            video.framesEncoded = sent.framesEncoded + earlierFrames
            video.frameWidth = sent.width
            video.frameHeight = sent.height
            video.framesPerSecond = sent.framesPerSecond
            video.targetBitrate = sent.isPaused ? 0 : sent.targetBitrate
            video.qp = sent.qp
            video.qualityLimitationReason = sent.isPaused || sent.isReduced ? "bandwidth" : "none"
            statistics.outbound.video = video
        }
        if statistics.outbound.audio != nil {
            statistics.outbound.audio?.targetBitrate = state.withLock({ $0.audioSender })?.targetBitrate
        }
    }

    // MARK: - Sources

    private func open() {
        let onEvent = onEvent
        let sources: MediaInputs
        do throws(MediaError) {
            sources = try MediaInputs(
                video: sendsVideo ? configuration.video : .none, audio: configuration.audio, onNote: { onEvent(.note($0)) },
                onVideoMuted: { [weak self] in self?.setVideoMuted($0) })
        } catch {
            return onEvent(.note(error.description))
        }
        if let source = sources.video { send(from: source) }
        if let source = sources.audio { send(from: source, as: configuration.audio) }
    }

    private func replaceVideo(by video: VideoSourceSpecification) {
        let onEvent = onEvent
        do throws(MediaError) {
            let source = try MediaInputs(
                video: video, audio: .none, onNote: { onEvent(.note($0)) }, onVideoMuted: { [weak self] in self?.setVideoMuted($0) }
            ).video
            let previous = state.update { state in
                state.earlierFrames += state.videoSender?.statistics.framesEncoded ?? 0
                defer { state.videoSender = nil }
                return state.videoSender
            }
            // Closed before the next is opened, which may be the same camera in another size.
            isCapturing.withLock { isCapturing in
                previous?.stop()
                isCapturing = false
            }
            // What was unplugged is not to come back; a camera tells of itself.
            if case .camera = video {} else { onEvent(.videoMuted(source == nil)) }
            if let source { send(from: source) }
        } catch {
            onEvent(.note(error.description))
        }
    }

    private func send(from source: any VideoSource) {
        let onEvent = onEvent
        let sender = VideoSender(
            source: source, onCaptured: { onEvent(.localPicture($0)) },
            onEncoded: { frame, time in
                onEvent(.video(EncodedMedia(bytes: frame.bytes, capturedAt: Instant(nanoseconds: time.nanoseconds))))
            })
        let now = state.update { state -> State? in
            guard !state.isStopped else { return nil }
            state.videoSender = sender
            return state
        }
        guard let now else { return sender.stop() }
        sender.setLimit(now.pictureLimit)
        if let allocation = now.allocation { sender.setBitrate(allocation.video) }
        applyCapture()
        if now.isSending, now.isVideoWanted { sender.startSending() }
    }

    private func replaceAudio(by audio: AudioSourceSpecification) {
        let onEvent = onEvent
        do throws(MediaError) {
            let source = try MediaInputs(video: .none, audio: audio, onNote: { onEvent(.note($0)) }).audio
            state.update { state in
                defer { (state.audioSender, state.voice) = (nil, nil) }
                return state.audioSender
            }?.stop()
            if let source { send(from: source, as: audio) }
        } catch {
            onEvent(.note(error.description))
        }
    }

    private func send(from source: any AudioSource, as specification: AudioSourceSpecification) {
        let (onEvent, receiver) = (onEvent, audioReceiver)
        var voice: VoiceProcessor?
        if case .microphone = specification, configuration.voice.isActive {
            voice = VoiceProcessor(configuration.voice)
            if voice == nil { onEvent(.note("The microphone's sound cannot be processed: others may hear an echo; use headphones.")) }
        }
        let sender = AudioSender(
            source: source, voice: voice,
            onEncoded: { output, time in
                switch output {
                case .packet(let bytes, let redundancy):
                    onEvent(
                        .audio(EncodedMedia(bytes: bytes, capturedAt: Instant(nanoseconds: time.nanoseconds), redundancy: redundancy)))
                case .silence(let sampleCount): onEvent(.silence(sampleCount: sampleCount))
                }
            },
            onLevel: { level in
                onEvent(.levels(microphone: level.decibels, speaker: receiver.meterDecibels))
                if level.isSpeechMuted { onEvent(.speechMuted) }
            })
        do { try sender.start() } catch { onEvent(.note("No sound can be sent: \(error).")) }
        let now = state.update { state -> State? in
            guard !state.isStopped else { return nil }
            (state.audioSender, state.voice) = (sender, voice)
            return state
        }
        guard let now else { return sender.stop() }
        sender.setMuted(now.isMuted)
        if let allocation = now.allocation { sender.setBitrate(allocation) }
        sender.setCanRepeat(now.canRepeatAudio)
        sender.setDTX(now.usesDTX)
        if now.isSending { sender.startSending() }
    }

    // MARK: - Playback

    private func replacePlayback(by specification: PlaybackSpecification) {
        let onEvent = onEvent
        do throws(MediaError) {
            let playback = try openPlayback(specification) { onEvent(.note($0)) }
            let previous = state.update { state in
                state.earlierUnderflows += state.playback.underflowCount
                defer { state.playback = playback }
                return state.playback
            }
            // One after the other, since each pulls on a thread of its own.
            previous.stop()
            state.withLock { if $0.isPlaying, !$0.isStopped { start($0.playback) } }
        } catch {
            onEvent(.note(error.description))
        }
    }
}
