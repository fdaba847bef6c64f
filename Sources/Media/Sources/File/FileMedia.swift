import Codecs

/// A media file in real time: its picture and its sound on one clock, over and over.
///
/// One thread reads and decodes ahead; the sources it offers have a thread each, and take what is due. Both show the same
/// place of the file at the same time, whichever starts first.
public final class FileMedia: Sendable {
    /// The pictures, if they were asked for.
    public let videoSource: (any VideoSource)?
    /// The sound, if it was asked for; silence if the file has none.
    public let audioSource: (any AudioSource)?
    /// What a person should be told about the file.
    public let notes: [String]

    /// Opens a file and decodes its beginning.
    ///
    /// - Parameter chunkSamples: for the sound, 960 (20 ms) or 480 (10 ms).
    /// - Throws: a sentence when the file is missing, unreadable, damaged, no media, or has no picture though `video` is asked for.
    public init(
        path: String, video: Bool = true, audio: Bool = true, chunkSamples: Int = AudioFormat.packetSamples
    ) throws(MediaError) {
        let file = try MediaFile(path: path, video: video, audio: audio)
        let player = FilePlayer(file)
        videoSource = video ? FileVideoSource(player) : nil
        if audio {
            audioSource =
                file.hasAudio ? FileAudioSource(player, chunkSamples: chunkSamples) : SilentAudioSource(chunkSamples: chunkSamples)
        } else {
            audioSource = nil
        }
        notes = audio && !file.hasAudio ? ["\(quoted(path)) has no sound that can be played: silence is sent"] : []
    }
}

/// The pictures of a file, in real time.
final class FileVideoSource: VideoSource {
    let framesPerSecond: Double
    private let player: FilePlayer
    private let thread = Monitor<MediaThread?>(nil)

    init(_ player: FilePlayer) {
        self.player = player
        framesPerSecond = player.framesPerSecond
    }

    deinit {
        stop()
    }

    func start(onFrame: @escaping @Sendable (VideoFrame) -> Void) {
        let player = player
        thread.withLock { thread in
            guard thread == nil else { return }
            player.begin(.video)
            thread = MediaThread(name: "file picture") { thread in
                while let due = player.nextPictureTime(), thread.sleep(until: due) {
                    if let frame = player.takePicture(at: MediaClock.monotonicNanoseconds) { onFrame(frame) }
                }
            }
        }
    }

    func stop() {
        let stopped = thread.withLock { thread -> MediaThread? in
            guard thread != nil else { return nil }
            defer { thread = nil }
            player.end(.video)
            return thread
        }
        stopped?.stop()
    }
}

/// The sound of a file, in real time.
final class FileAudioSource: AudioSource {
    let chunkSamples: Int
    private let player: FilePlayer
    private let pacing: PacedAudio

    init(_ player: FilePlayer, chunkSamples: Int) {
        self.player = player
        self.chunkSamples = chunkSamples
        pacing = PacedAudio(name: "file sound", chunkSamples: chunkSamples)
    }

    deinit {
        stop()
    }

    func start(onChunk: @escaping @Sendable (AudioChunk) -> Void) {
        player.begin(.audio)
        let player = player
        let count = chunkSamples
        var next: Int64?
        pacing.start { timestamp in
            let (samples, first) = player.takeSound(at: timestamp.wholeNanoseconds, count: count, following: next)
            next = first.map { $0 + Int64(count) }
            onChunk(AudioChunk(samples: samples, timestamp: timestamp))
        }
    }

    func stop() {
        player.end(.audio)
        pacing.stop()
    }
}
