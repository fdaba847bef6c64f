import Calls
import Devices
import Logging
import MediaSources
import NIOCore
import NIOPosix
import Security
import SignalingClient
import SignalingProtocol
import Synchronization
import Wire

/// A ``CallClient`` made from a person's settings, with the threads that it needs.
final class CallSession: Sendable {
    /// What is sent and played where the settings don't say.
    struct Defaults {
        var video: String
        var audio: String
        var play: String

        static let console = Defaults(video: "camera", audio: "mic", play: "speaker")
        static let bot = Defaults(video: "test", audio: "test", play: "none")
    }

    let client: CallClient
    /// Everything but pictures, in order.
    let events: AsyncStream<CallEvent>
    let room: String
    /// What the settings say is sent and played.
    let media: MediaConfiguration
    private let group: MultiThreadedEventLoopGroup

    /// - Parameters:
    ///   - recording: where the received picture and sound are kept.
    ///   - client: what the others are told this is.
    ///   - onPicture: called with pictures, on the media's threads.
    /// - Throws: ``CommandFailure`` for settings that can't be used.
    init(
        _ settings: CallSettings, defaults: Defaults, recording: (video: String?, audio: String?) = (nil, nil), client name: String,
        onPicture: @escaping @Sendable (CallEvent) -> Void = { _ in }
    ) throws {
        let media: MediaConfiguration
        do {
            media = MediaConfiguration(
                video: try VideoSourceSpecification(parsing: settings.video ?? defaults.video),
                audio: try AudioSourceSpecification(parsing: settings.audio ?? defaults.audio),
                playback: try PlaybackSpecification(parsing: settings.play ?? defaults.play), voice: settings.voice,
                videoRecording: recording.video, audioRecording: recording.audio)
        } catch {
            throw CommandFailure(.wrongUse, "\(error)")
        }
        try Self.checkFiles(media)
        self.media = media
        let url: SignalingURL
        do throws(SignalingFailure) { url = try SignalingURL(settings.server) } catch { throw CommandFailure(error) }
        room = settings.room ?? "lobby"
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let calls = CallConfiguration(
            media: media, certificate: try Certificate(), iceServers: settings.iceServers, isRelayOnly: settings.isRelayOnly,
            usesLoopback: url.isLoopback)
        let join = Join(name: settings.name, room: settings.room, client: name, token: settings.token)
        let (events, continuation) = AsyncStream<CallEvent>.makeStream()
        self.events = events
        client = CallClient(
            signaling: SignalingConfiguration(url: url, join: join), calls: calls, eventLoop: group.next(),
            logger: try Log.make(settings)
        ) { event in
            switch event {
            case .remotePicture, .localPicture: onPicture(event)
            default: continuation.yield(event)
            }
        }
    }

    /// Leaves the room and ends the threads.
    func shutdown() async {
        await client.leave()
        try? await group.shutdownGracefully()
    }

    /// Finds out now, not in a call, whether the files to send can be played.
    private static func checkFiles(_ media: MediaConfiguration) throws {
        var (video, audio) = (VideoSourceSpecification.none, AudioSourceSpecification.none)
        if case .file = media.video { video = media.video }
        if case .file = media.audio { audio = media.audio }
        let notes = Mutex<[String]>([])
        let inputs: MediaInputs
        do throws(MediaError) {
            inputs = try MediaInputs(video: video, audio: audio) { note in notes.withLock { $0.append(note) } }
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
        if case .file(let path) = video, inputs.video == nil {
            throw CommandFailure(.failed, notes.withLock { $0.first } ?? "\(path) has no picture; name a media file that has.")
        }
        if case .file(let path) = audio, inputs.audio == nil {
            throw CommandFailure(.failed, notes.withLock { $0.first } ?? "\(path) has no sound; name a media file that has.")
        }
    }
}

extension CommandFailure {
    init(_ failure: SignalingFailure) {
        self.init(ExitStatus(rawValue: failure.exitStatus) ?? .failed, failure.description)
    }
}

extension SignalingURL {
    /// Whether the server is on this machine, so that calls may be, too.
    var isLoopback: Bool {
        host == "localhost" || IPAddress(host)?.isLoopback == true
    }
}

extension SignalingFailure.Kind {
    /// For the `error` event.
    var code: String {
        switch self {
        case .wrongURL: "wrong-url"
        case .notReachable: "not-reachable"
        case .unauthorized: "unauthorized"
        case .nameTaken: "name-taken"
        case .nameInvalid: "name-invalid"
        case .full: "full"
        case .takenOver: "taken-over"
        case .refused: "refused"
        }
    }
}
