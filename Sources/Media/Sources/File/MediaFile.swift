import CFFmpeg
import Codecs
import Glibc

/// A media file that FFmpeg's libraries read: its best picture and its best sound, decoded packet by packet.
///
/// It has no thread and no clock. It is used by one thread at a time.
package final class MediaFile: @unchecked Sendable {
    /// What came out of the file. Times count from the beginning of the file.
    enum Item {
        /// A picture, with its time in nanoseconds.
        case video(I420Buffer, time: Int64)
        /// Sound at 48 kHz, with the number of its first sample.
        case audio([Int16], first: Int64)
        /// All has been read: how long it was, in samples of 48 kHz.
        case end(Int64)
    }

    /// Packets looked at for a first picture or sound when opening: some formats begin with seconds of one of the two.
    private static let packetsTried = 2_000

    let path: String
    let hasVideo: Bool
    let hasAudio: Bool
    /// As the file claims, at most ``VideoTrack/maximumFramesPerSecond``.
    let framesPerSecond: Double

    private var context: FormatContext
    private var video: VideoTrack?
    private var audio: AudioTrack?
    private let packet: Packet

    /// Opens a file and decodes its beginning, so that what cannot be played is known at once.
    ///
    /// - Throws: a sentence when the file is missing, unreadable, no media, or when `video` is wanted and it has none.
    init(path: String, video wantsVideo: Bool, audio wantsAudio: Bool) throws(MediaError) {
        Self.silenceLibrary
        self.path = path
        let name = quoted(path)
        try Self.checkRegularFile(path)
        context = try FormatContext(path: path)
        packet = try Packet()

        if wantsVideo, let stream = context.bestStream(AVMEDIA_TYPE_VIDEO), !stream.isCoverPicture {
            video = VideoTrack(stream: stream)
        }
        if wantsAudio, let stream = context.bestStream(AVMEDIA_TYPE_AUDIO) { audio = AudioTrack(stream: stream) }
        framesPerSecond = video?.framesPerSecond ?? VideoTrack.maximumFramesPerSecond
        if wantsVideo, video == nil {
            hasVideo = false
            hasAudio = false
            let hasSound = context.bestStream(AVMEDIA_TYPE_AUDIO) != nil
            throw MediaError(
                hasSound
                    ? "\(name) has sound but no picture: use it for audio, and choose a file with a picture for video"
                    : "\(name) has no picture that can be shown: choose another file, or camera, test or none")
        }

        // What the file's header promises is believed only once it has been decoded.
        var (sawVideo, sawAudio, ended) = (false, false, false)
        for _ in 0..<Self.packetsTried where !ended && !(sawVideo || video == nil) || !ended && !(sawAudio || audio == nil) {
            for item in Self.decodeNext(context, packet, video, audio) {
                switch item {
                case .video: sawVideo = true
                case .audio: sawAudio = true
                case .end: ended = true
                }
            }
        }
        hasVideo = sawVideo
        hasAudio = sawAudio
        if wantsVideo, !sawVideo {
            throw MediaError("\(name) is damaged or in a format that is not supported: none of its pictures can be decoded; choose another")
        }
        if !sawAudio { audio = nil }
        try rewind()
    }

    /// Reads one packet, and decodes what it completes.
    func next() -> [Item] {
        Self.decodeNext(context, packet, video, audio)
    }

    /// Goes back to the beginning.
    func rewind() throws(MediaError) {
        if !context.seekToStart() {
            // Formats that cannot seek are opened anew.
            context = try FormatContext(path: path)
            if let stream = context.bestStream(AVMEDIA_TYPE_VIDEO), video != nil { video = VideoTrack(stream: stream) }
            if let stream = context.bestStream(AVMEDIA_TYPE_AUDIO), audio != nil { audio = AudioTrack(stream: stream) }
        }
        video?.restart()
        audio?.restart()
    }

    private static func decodeNext(_ context: FormatContext, _ packet: Packet, _ video: VideoTrack?, _ audio: AudioTrack?) -> [Item] {
        packet.clear()
        let status = av_read_frame(context.pointer, packet.pointer)
        let origin = context.startTime
        guard status >= 0 else {
            // An error ends a file as its end does: what is before it is played.
            let items = (video?.decode(nil, origin: origin) ?? []) + (audio?.decode(nil, origin: origin) ?? [])
            let length = max(video?.endSample ?? 0, audio?.endSample ?? 0)
            return items + [.end(length)]
        }
        let index = packet.pointer.pointee.stream_index
        if let video, index == video.index { return video.decode(packet.pointer, origin: origin) }
        if let audio, index == audio.index { return audio.decode(packet.pointer, origin: origin) }
        return []
    }

    private static func checkRegularFile(_ path: String) throws(MediaError) {
        let name = quoted(path)
        guard !path.utf8.contains(0) else { throw MediaError("\(name) is no name of a file: choose another") }
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR: throw MediaError("there is no file \(name): check the name")
            case EACCES, EPERM: throw MediaError("\(name) may not be read: change its permissions or choose another file")
            default: throw MediaError("\(name) cannot be opened (\(String(cString: strerror(errno)))): choose another file")
            }
        }
        defer { close(file) }
        var information = stat()
        guard fstat(file, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            throw MediaError("\(name) is not a regular file: choose a media file")
        }
    }

    /// The library writes its complaints to standard error, which may be a screen with a call on it.
    private static let silenceLibrary: Void = av_log_set_level(AV_LOG_QUIET)
}
