public import MediaSources

/// The picture and the sound that a call sends, opened from their specifications.
public struct MediaInputs: Sendable {
    public var video: (any VideoSource)?
    public var audio: (any AudioSource)?

    /// Opens both. A file named for both is read once, and its picture and sound stay in step.
    ///
    /// - Parameters:
    ///   - chunkSamples: for the sound, 960 (20 ms) or 480 (10 ms).
    ///   - onNote: told in one sentence each, during the opening and later on any thread, what a person should know. A camera
    ///     that is missing is only that: the call goes on without it, and its picture comes once it is connected.
    ///   - onVideoMuted: told on the source's thread when a camera's pictures cease by themselves (true), and when they come (again).
    /// - Throws: a sentence when a file cannot be played.
    public init(
        video videoSpecification: VideoSourceSpecification, audio audioSpecification: AudioSourceSpecification,
        chunkSamples: Int = AudioFormat.packetSamples, onNote: @escaping @Sendable (String) -> Void = { _ in },
        onVideoMuted: @escaping @Sendable (Bool) -> Void = { _ in }
    ) throws(MediaError) {
        var shared: FileMedia?
        switch videoSpecification {
        case .none: video = nil
        case .test(let format): video = TestVideoSource(format: format)
        case .camera(let path, let format):
            video = CameraSource(path: path, format: format, onNote: onNote, onMute: onVideoMuted)
        case .file(let path):
            let media = try FileMedia(path: path, video: true, audio: audioSpecification == .file(path: path), chunkSamples: chunkSamples)
            media.notes.forEach(onNote)
            video = media.videoSource
            shared = media
        }
        switch audioSpecification {
        case .none: audio = nil
        case .test: audio = TestAudioSource(chunkSamples: chunkSamples)
        case .microphone(let name): audio = MicrophoneSource(device: name, chunkSamples: chunkSamples, onNote: onNote)
        case .file(let path):
            if let source = shared?.audioSource {
                audio = source
            } else {
                let media = try FileMedia(path: path, video: false, chunkSamples: chunkSamples)
                media.notes.forEach(onNote)
                audio = media.audioSource
            }
        }
    }
}

/// Opens what `--play` names.
///
/// - Parameter onNote: told in one sentence each, on any thread, what a person should know.
/// - Throws: a sentence when a file cannot be made.
public func openPlayback(
    _ specification: PlaybackSpecification, onNote: @escaping @Sendable (String) -> Void = { _ in }
) throws(MediaError) -> any AudioPlayback {
    switch specification {
    case .speaker(let name): SpeakerPlayback(device: name, onNote: onNote)
    case .file(let path): try FilePlayback(path: path, onNote: onNote)
    case .none: NullPlayback()
    }
}
