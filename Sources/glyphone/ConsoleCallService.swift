import Calls
import Console
import Devices
import Foundation
import MediaSources
import SignalingClient
import SignalingProtocol

/// Makes the calls of a console: its actions go to a ``CallClient`` in order, and what happens comes back as its events.
final class ConsoleCallService: CallService {
    private let session: CallSession
    private let inbox: ConsoleInbox
    private let actions: AsyncStream<ConsoleAction>
    private let continuation: AsyncStream<ConsoleAction>.Continuation
    /// The name of a peer to be called as soon as it is there.
    private let callee: String?
    private let server: String
    private let devices: DeviceChoices
    private let preview: Preview

    init(session: CallSession, inbox: ConsoleInbox, server: String, callee: String?) {
        self.session = session
        self.inbox = inbox
        self.server = server
        self.callee = callee
        devices = DeviceChoices(session.media)
        preview = Preview(inbox)
        (actions, continuation) = AsyncStream<ConsoleAction>.makeStream()
    }

    func perform(_ action: ConsoleAction) {
        continuation.yield(action)
    }

    /// No action follows.
    func finish() {
        continuation.finish()
    }

    /// Does what the console asks for, until ``finish()``.
    func performActions() async {
        let client = session.client
        for await action in actions {
            switch action {
            case .call(let peer, let video):
                if await client.call(peer, withVideo: video) == nil { inbox.post(.note("That peer is gone, or you are in a call.")) }
            case .accept(_, let video): await client.accept(withVideo: video)
            case .decline: await client.decline()
            case .hangUp, .quit: await client.hangUp()
            case .reconnect: await client.reconnect()
            case .setMicrophone(let isOn): await client.setMuted(!isOn)
            case .setCamera(let isOn): await client.setCameraOff(!isOn)
            case .adjustCamera(let setting): adjustCamera(setting)
            case .setStatus(let status): await client.setStatus(PeerStatus(status))
            case .showPicture(let pixels):
                await client.setShownPicture(
                    .init(width: pixels.width, height: pixels.height, framesPerSecond: pixels.framesPerSecond))
            case .listDevices: Task { await listDevices() }
            case .setPreview(let isOn): await (isOn ? preview.start(video: devices.video, audio: devices.audio) : preview.stop())
            case .use(let kind, let name):
                await devices.use(kind, name: name, in: client)
                Task { await showDevices() }
            case .suspend:
                await client.setMuted(true)
                await client.setCameraOff(true)
            case .silence, .setSelfView, .resume: break
            }
        }
        await preview.stop()
    }

    private func adjustCamera(_ text: String) {
        guard case .camera(let path, _) = devices.video else {
            return inbox.post(.note("no camera is in use here: --video names another source"))
        }
        do throws(MediaError) {
            let setting = try CameraSetting(parsing: text)
            let camera = try CameraDevice.chosen(path: path)
            try setting.apply(path: camera.path)
            inbox.post(.note("\(camera.name): \(setting.name) \(setting.value)"))
        } catch {
            inbox.post(.note(error.description))
        }
    }

    private func listDevices() async {
        let (choices, failure) = await devices.list()
        if let failure { inbox.post(.note(failure)) }
        inbox.post(.deviceChoices(choices))
        await show(choices)
    }

    private func showDevices() async {
        await show(await devices.list().choices)
    }

    private func show(_ choices: [DeviceChoice]) async {
        let video = devices.video
        let camera = try? await TerminalThread.run { CameraReport.row(video) }
        inbox.post(.devices((camera.map { [$0] } ?? []) + devices.rows(choices)))
    }

    /// Tells the console what happens, until the session ends.
    ///
    /// - Returns: how the call ended that was to be made, and why the session did.
    func reportEvents() async -> (call: CommandFailure?, session: CommandFailure?) {
        var rates = TransferRates()
        var hasCalled = false
        var ended: CommandFailure?
        inbox.post(.connecting(server: server))
        if devices.usesSound, let note = SoundOverSSH.note(ProcessInfo.processInfo.environment) { inbox.post(.note(note)) }
        Task { await showDevices() }
        for await event in session.events {
            switch event {
            case .joined(let joined), .reconnected(let joined):
                inbox.post(.connected(name: joined.me?.name ?? "", room: session.room, server: server))
                if let status = joined.me?.status { inbox.post(.status(Presence(status))) }
            case .disconnected(let reason, _): inbox.post(.disconnected(reason: reason))
            case .roster(let peers):
                inbox.post(.roster(peers.map(PeerRow.init)))
                if let callee, !hasCalled, let peer = peers.first(where: { $0.isNamed(callee) }) {
                    hasCalled = await session.client.call(peer.id) != nil
                }
            case .call(let info, let state, _):
                if case .ended(let end) = state {
                    inbox.showRemote(nil)
                    inbox.showOwn(nil)
                    rates = TransferRates()
                    if callee != nil, info.direction == .outgoing { ended = CommandFailure(end, info) }
                }
                inbox.post(.call(CallUpdate(info, state)))
            case .statistics(_, let statistics, let seconds): inbox.post(.statistics(rates.summary(of: statistics, at: seconds)))
            case .remoteMedia(let audio, let video):
                if !video { inbox.showRemote(nil) }
                inbox.post(.remoteMedia(audio: audio, video: video))
            case .localVideoMuted(let isMuted): if isMuted { inbox.showOwn(nil) }
            case .levels(let microphone, let speaker): inbox.post(.levels(microphone: microphone, speaker: speaker))
            case .speechMuted: inbox.post(.speechMuted)
            case .note(let text): inbox.post(.note(text))
            case .refused(let error): inbox.post(.note(error.message))
            case .closed(let failure):
                if let failure { inbox.post(.finish(sentence: failure.description)) }
                return (ended, failure.map { CommandFailure($0) })
            case .firstFrame, .remotePicture, .localPicture: break
            }
        }
        return (ended, nil)
    }
}

extension Peer {
    /// Names are the same if they differ in case alone.
    func isNamed(_ other: String) -> Bool {
        guard let name = try? Name(name), let other = try? Name(other) else { return false }
        return name == other
    }
}

extension Presence {
    fileprivate init(_ status: PeerStatus) {
        switch status {
        case .available: self = .available
        case .away: self = .away
        case .busy: self = .inCall
        case .dnd: self = .doNotDisturb
        }
    }
}

extension PeerStatus {
    fileprivate init(_ status: Presence) {
        switch status {
        case .available, .inCall: self = .available
        case .away: self = .away
        case .doNotDisturb: self = .dnd
        }
    }
}

extension PeerRow {
    fileprivate init(_ peer: Peer) {
        self.init(
            id: peer.id, name: peer.name, status: Presence(peer.status), since: peer.since / 1000, client: peer.client)
    }
}

extension CallUpdate {
    fileprivate init(_ info: CallInfo, _ state: CallMachine.State) {
        let shown: State
        switch state {
        case .ringing: shown = info.direction == .outgoing ? .ringingOut : .ringingIn(video: info.hasVideo)
        case .connecting: shown = .connecting
        case .connected: shown = .connected
        case .reconnecting: shown = .reconnecting
        case .ended(let end):
            let sentence = end.sentence(peer: info.peer.name, direction: info.direction)
            shown = .ended(sentence: sentence, outcome: Outcome(end, info))
        }
        self.init(id: info.id, peerName: info.peer.name, state: shown)
    }
}

extension CallUpdate.Outcome {
    fileprivate init(_ end: CallEnd, _ info: CallInfo) {
        switch end {
        case .said(.hangup, _): self = .completed
        case .said(.declined, _), .said(.busy, _): self = .declined
        case .said(.cancelled, byUs: false): self = .missed
        case .noAnswer where info.direction == .incoming: self = .missed
        case .said(.timeout, _) where info.direction == .incoming: self = .missed
        case .said(.cancelled, byUs: true): self = .completed
        default: self = .failed
        }
    }
}
