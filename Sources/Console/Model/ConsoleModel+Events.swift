/// What the console makes of what it is told.
extension ConsoleModel {
    package mutating func handleEvent(_ event: ConsoleEvent, at now: ContinuousClock.Instant) {
        switch event {
        case .connecting(let server):
            update { $0.link = .connecting(server: DisplayText.printable(server)) }
        case .connected(let name, let room, let server):
            let wasOffline = if case .offline = state.link { true } else { false }
            update {
                $0.link = .online
                $0.name = DisplayText.printable(name)
                $0.room = DisplayText.printable(room)
                $0.server = DisplayText.printable(server)
            }
            if wasOffline { note("connected to the server again", at: now) }
        case .disconnected(let reason):
            update { $0.link = .offline(reason: DisplayText.printable(reason)) }
            note("no connection to the server: \(reason); trying again", at: now)
        case .roster(let rows): takeRoster(rows)
        case .status(let status): update { $0.status = status }
        case .call(let change): handleCall(change, at: now)
        case .statistics(let statistics): takeStatistics(statistics, at: now)
        case .remoteMedia(let audio, let video):
            update {
                $0.call?.remoteHasAudio = audio
                $0.call?.remoteHasVideo = video
            }
        case .localMedia(let microphone, let camera):
            update {
                $0.isMicrophoneOn = microphone
                $0.isCameraOn = camera
            }
        case .devices(let rows):
            update {
                $0.devices = rows.prefix(8).map { DeviceRow(label: DisplayText.printable($0.label), text: DisplayText.printable($0.text)) }
            }
        case .deviceChoices(let choices): takeDeviceChoices(choices)
        case .levels(let microphone, let speaker):
            if state.call != nil || state.overlay == .preview { update { $0.levels = (microphone, speaker) } }
        case .speechMuted: if !state.isMicrophoneOn { note(Self.speechMuted, at: now) }
        case .note(let text):
            note(text, at: now)
            takePreviewNote(text)
        case .finish(let sentence): emit(.exit(.finished(sentence: sentence)))
        }
    }

    private mutating func takeStatistics(_ statistics: ConsoleStatistics, at now: ContinuousClock.Instant) {
        let before = state.call?.statistics.sentPicture
        update { $0.call?.statistics = statistics }
        guard let before, before != statistics.sentPicture else { return }
        switch (before, statistics.sentPicture) {
        case (_, .paused): note("video paused: the line is slow", at: now)
        case (.paused, _): note("video goes on", at: now)
        default: break
        }
    }

    private mutating func takeRoster(_ rows: [PeerRow]) {
        update { state in
            // The choice stays on the person; who left hands it to whoever is in that place now.
            let index = state.chosenIndex ?? 0
            state.roster = rows.map { row in
                var row = row
                row.name = DisplayText.printable(row.name, limit: 64)
                row.client = row.client.map { DisplayText.printable($0, limit: 64) }
                return row
            }
            let shown = state.shownPeers
            if !shown.contains(where: { $0.id == state.chosenPeer }) {
                state.chosenPeer = shown.isEmpty ? nil : shown[min(index, shown.count - 1)].id
            }
        }
    }

    private mutating func handleCall(_ change: CallUpdate, at now: ContinuousClock.Instant) {
        let name = DisplayText.printable(change.peerName, limit: 64)
        switch change.state {
        case .ringingIn(let video): ring(change.id, from: name, video: video, at: now)
        case .ringingOut: enterCall(change.id, with: name, phase: .ringing, at: now)
        case .connecting: enterCall(change.id, with: name, phase: .connecting, at: now)
        case .connected:
            let wasReconnecting = state.call?.phase == .reconnecting
            enterCall(change.id, with: name, phase: .connected, at: now)
            if wasReconnecting { note("reconnected", at: now) }
        case .reconnecting:
            enterCall(change.id, with: name, phase: .reconnecting, at: now)
            note("the network changed: reconnecting", at: now)
        case .ended(let sentence, let outcome): end(change.id, with: name, sentence: sentence, outcome: outcome, at: now)
        }
    }

    private mutating func ring(_ id: String, from name: String, video: Bool, at now: ContinuousClock.Instant) {
        guard state.incoming?.id != id else { return }
        closePreview()
        update {
            $0.incoming = ConsoleState.IncomingCall(
                id: id, peerName: name, hasVideo: video, since: now, ignoresKeysUntil: now + Self.incomingGuard)
        }
        startBell(at: now)
        emit(.title("\(name) is calling"))
        emit(.notification("\(name) is calling"))
    }

    private mutating func enterCall(_ id: String, with name: String, phase: ConsoleState.Call.Phase, at now: ContinuousClock.Instant) {
        if state.incoming?.id == id { stopRinging() }
        closePreview()
        if var call = state.call, call.id == id {
            if call.phase != phase { call.since = now }
            call.phase = phase
            if phase == .connected, call.connectedAt == nil { call.connectedAt = now }
            update { $0.call = call }
            return
        }
        var call = ConsoleState.Call(id: id, peerName: name, phase: phase, since: now)
        if phase == .connected { call.connectedAt = now }
        update {
            $0.call = call
            $0.hasRemotePicture = false
            $0.hasOwnPicture = false
        }
        emit(.title("glyphone: \(name)"))
    }

    private mutating func end(
        _ id: String, with name: String, sentence: String, outcome: CallUpdate.Outcome, at now: ContinuousClock.Instant
    ) {
        let wasIncoming = state.incoming?.id == id
        guard wasIncoming || state.call?.id == id else { return }
        let kind: ConsoleState.RecentCall.Kind =
            switch outcome {
            case .completed: answered == id ? .answered : .called
            case .missed: wasIncoming ? .missed : .called
            case .declined: .declined
            case .failed: .failed
            }
        if wasIncoming { stopRinging() }
        update { state in
            state.recent.insert(ConsoleState.RecentCall(kind: kind, peerName: name, at: state.wallClock.unixSeconds), at: 0)
            state.recent = Array(state.recent.prefix(Self.mostRecent))
            guard state.call?.id == id else { return }
            state.call = nil
            state.levels = nil
            state.hasRemotePicture = false
            state.hasOwnPicture = false
            state.isFull = false
            state.showsStatistics = false
            if state.overlay == .quitQuestion { state.overlay = .none }
        }
        note(sentence, at: now)
        emit(.title("glyphone"))
    }

    /// The ringing is over, whoever ended it.
    package mutating func stopRinging() {
        update { $0.incoming = nil }
        stopBell()
    }
}
