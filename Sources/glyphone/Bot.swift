import Calls
import Glibc
import MediaSources
import SignalingClient
import SignalingProtocol

/// What a bot does with what happens: one loop over one stream of events.
struct Bot {
    let output: any BotOutput
    /// The name of the peer to call.
    let callee: String?
    let patience: Duration
    let answers: Bool
    let duration: Duration?
    let isOnce: Bool

    private var hasCalled = false
    /// Whether the other side sent a picture when that was last told.
    private var hadPicture: Bool?
    private var isStopping = false

    init(output: any BotOutput, callee: String?, patience: Duration, answers: Bool, duration: Duration?, isOnce: Bool) {
        self.output = output
        self.callee = callee
        self.patience = patience
        self.answers = answers
        self.duration = duration
        self.isOnce = isOnce
    }

    private enum Happening: Sendable {
        case call(CallEvent)
        case signal(CInt)
        case patienceEnded
        case durationEnded(CallID)
    }

    /// Runs until the bot is done or told to stop.
    ///
    /// - Returns: why it ends, unless that is the normal end.
    mutating func run(_ session: CallSession) async -> CommandFailure? {
        let (stream, continuation) = AsyncStream<Happening>.makeStream()
        let signals = Task {
            let signals = TerminationSignals()
            while !Task.isCancelled { continuation.yield(.signal(await signals.next())) }
        }
        let events = Task { for await event in session.events { continuation.yield(.call(event)) } }
        defer {
            signals.cancel()
            events.cancel()
        }
        await session.client.connect()
        for await happening in stream {
            switch happening {
            case .signal(let number):
                return number == SIGINT ? CommandFailure(.interrupted, "Interrupted; the call and the room were left.") : nil
            case .patienceEnded:
                if !hasCalled { return CommandFailure(.noSuchPeer, noSuchPeer) }
            case .durationEnded: await session.client.hangUp()
            case .call(let event):
                switch await handle(
                    event, session,
                    after: { delay, happening in
                        Task {
                            try? await Task.sleep(for: delay)
                            continuation.yield(happening)
                        }
                    })
                {
                case .goOn: break
                case .end(let failure): return failure
                }
            }
        }
        return nil
    }

    private enum Outcome {
        case goOn
        case end(CommandFailure?)
    }

    private var noSuchPeer: String {
        "There is no \(callee ?? "peer") in this room: check the name, or wait longer with --wait."
    }

    private mutating func handle(
        _ event: CallEvent, _ session: CallSession, after: (Duration, Happening) -> Void
    ) async -> Outcome {
        switch event {
        case .joined(let joined):
            if let me = joined.me { output.joined(id: me.id, name: me.name, room: session.room) }
            if callee != nil { after(patience, .patienceEnded) }
        case .roster(let peers):
            guard let callee, !hasCalled, let peer = peers.first(where: { $0.isNamed(callee) }) else { break }
            hasCalled = await session.client.call(peer.id) != nil
        case .call(let info, let state, let milliseconds):
            output.call(info, state, milliseconds: milliseconds)
            switch state {
            case .ringing where info.direction == .incoming: if answers { await session.client.accept() }
            case .connected: if let duration { after(duration, .durationEnded(info.id)) }
            case .ended(let end):
                hadPicture = nil
                if isOnce { return .end(CommandFailure(end, info)) }
            case .ringing, .connecting, .reconnecting: break
            }
        case .firstFrame(let info, let milliseconds): output.firstFrame(info, milliseconds: milliseconds)
        case .statistics(let info, let statistics, let seconds): output.statistics(info, statistics, seconds: seconds)
        case .disconnected(let reason, _): output.note(reason)
        case .reconnected: output.note("The server is back.")
        case .note(let text): output.note(text)
        case .refused(let error): output.error(code: error.code.rawValue, message: error.message)
        case .closed(let failure):
            guard let failure else { return .end(nil) }
            output.error(code: failure.kind.code, message: failure.description)
            return .end(CommandFailure(failure))
        case .remoteMedia(_, let video):
            if hadPicture != nil, hadPicture != video { output.note("The other side's camera is \(video ? "on" : "off").") }
            hadPicture = video
        case .localVideoMuted, .remotePicture, .localPicture, .levels, .speechMuted: break
        }
        return .goOn
    }
}

extension CommandFailure {
    /// `nil` for a call that ended normally.
    init?(_ end: CallEnd, _ info: CallInfo) {
        let status: ExitStatus
        switch end {
        case .said(.hangup, _), .said(_, byUs: true): return nil
        case .said(.declined, _): status = .declined
        case .said(.busy, _): status = .busy
        case .noAnswer, .said(.timeout, _): status = .noAnswer
        case .noSuchPeer: status = .noSuchPeer
        case .noMediaPath: status = .noMediaPath
        case .said, .refused, .incompatible: status = .failed
        }
        self.init(status, end.sentence(peer: info.peer.name, direction: info.direction))
    }
}
