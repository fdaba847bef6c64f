import Calls
import Logging
import MediaSources
import NIOPosix
import Security
import SignalingClient
import SignalingProtocol

/// A peer that a benchmark plays, event by event.
final class BenchPeer: Sendable {
    struct Ended: Error, CustomStringConvertible {
        var description: String
    }

    let client: CallClient
    private let events: EventCursor

    init(_ name: String, url: String, group: MultiThreadedEventLoopGroup) throws {
        let (stream, continuation) = AsyncStream<TimedEvent>.makeStream()
        events = EventCursor(stream)
        let media = MediaConfiguration(
            video: try VideoSourceSpecification(parsing: "test"), audio: try AudioSourceSpecification(parsing: "test"),
            playback: try PlaybackSpecification(parsing: "none"))
        client = CallClient(
            signaling: SignalingConfiguration(url: try SignalingURL(url), join: Join(name: name)),
            calls: CallConfiguration(media: media, certificate: try Certificate(), usesLoopback: true), eventLoop: group.next(),
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        ) { event in
            switch event {
            case .remotePicture, .localPicture: break
            default: continuation.yield(TimedEvent(event: event, at: MediaClock.monotonicNanoseconds))
            }
        }
    }

    func joined() async throws -> PeerID {
        try await events.next { event, _ in
            if case .joined(let joined) = event { joined.me?.id } else { nil }
        }
    }

    func sees(_ peer: PeerID) async throws {
        try await events.next { event, _ in
            if case .roster(let peers) = event, peers.contains(where: { $0.id == peer }) { () } else { nil }
        }
    }

    /// Accepts the next call.
    ///
    /// - Returns: when the answer was sent, and when the first frame was decoded, in monotonic nanoseconds.
    func answerAndFirstFrame() async throws -> (answerSent: Int64, firstFrame: Int64) {
        try await events.next { event, _ in if case .call(_, .ringing, _) = event { () } else { nil } }
        await client.accept()
        return try await events.next { event, at in
            // `milliseconds` counts from the answer.
            if case .firstFrame(_, let milliseconds) = event { (at - Int64(milliseconds) * 1_000_000, at) } else { nil }
        }
    }

    /// When the first frame of the call was decoded, in monotonic nanoseconds.
    func firstFrame() async throws -> Int64 {
        try await events.next { event, at in if case .firstFrame = event { at } else { nil } }
    }

    func ended() async throws {
        try await events.next { event, _ in if case .call(_, .ended, _) = event { () } else { nil } }
    }
}

struct TimedEvent: Sendable {
    var event: CallEvent
    var at: Int64
}

/// Reads a stream of events one after the other; by one task at a time, which is why it needs no lock.
private final class EventCursor: @unchecked Sendable {
    private var iterator: AsyncStream<TimedEvent>.Iterator

    init(_ stream: AsyncStream<TimedEvent>) {
        iterator = stream.makeAsyncIterator()
    }

    /// The first event from here on that `match` makes something of.
    func next<Result: Sendable>(_ match: @Sendable (CallEvent, Int64) -> Result?) async throws -> Result {
        while let timed = await iterator.next() {
            if case .closed(let failure) = timed.event { throw BenchPeer.Ended(description: failure?.description ?? "left") }
            if let result = match(timed.event, timed.at) { return result }
        }
        throw BenchPeer.Ended(description: "no more events")
    }
}
