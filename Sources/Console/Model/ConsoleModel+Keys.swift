import TerminalIO

/// What keys do. Each screen takes its own keys; what it does not take falls through to those that work everywhere.
extension ConsoleModel {
    package mutating func handleKey(_ key: Key, at now: ContinuousClock.Instant) {
        switch key {
        case .control("c"): return interrupt(at: now)
        case .control("l"): return emit(.redraw)
        case .control("z"):
            closePreview()
            emit(.action(.suspend))
            return emit(.suspend)
        default: break
        }
        if state.textField != nil { return handleTyping(key, at: now) }
        if state.overlay != .none { return handleOverlay(key, at: now) }
        if state.incoming != nil { return handleIncoming(key, at: now) }
        if state.call != nil, handleInCall(key, at: now) { return }
        if state.call == nil, handleRoster(key, at: now) { return }
        handleEverywhere(key, at: now)
    }

    private mutating func handleEverywhere(_ key: Key, at now: ContinuousClock.Instant) {
        switch key {
        case .character("?"), .function(1): update { $0.overlay = .help }
        case .character(":"): update { $0.textField = ConsoleState.TextField(purpose: .command) }
        case .character("D"): openDevices()
        case .character("q"):
            if state.isInCall { update { $0.overlay = .quitQuestion } } else { quit(.quit) }
        case .escape:
            update {
                $0.showsStatistics = false
                $0.isFull = false
                $0.filter = ""
                $0.note = nil
            }
        default: break
        }
    }

    private mutating func handleOverlay(_ key: Key, at now: ContinuousClock.Instant) {
        switch state.overlay {
        case .none: break
        case .devices: handleDevices(key, at: now)
        case .preview: handlePreview(key)
        case .help:
            switch key {
            case .escape, .enter, .function(1), .character("?"), .character("q"), .character(" "): update { $0.overlay = .none }
            default: break
            }
        case .quitQuestion:
            switch key {
            case .character("y"), .enter: quit(.quit)
            case .character("n"), .escape, .character("q"): update { $0.overlay = .none }
            case .character("e"), .character("b"):
                update { $0.overlay = .none }
                hangUp()
            default: break
            }
        }
    }

    private mutating func handleIncoming(_ key: Key, at now: ContinuousClock.Instant) {
        guard let incoming = state.incoming, now >= incoming.ignoresKeysUntil else { return }
        switch key {
        case .enter: accept(incoming, video: true)
        case .character("a"): accept(incoming, video: false)
        case .character("d"): emit(.action(.decline(call: incoming.id)))
        case .escape:
            guard !incoming.isSilenced else { return }
            update { $0.incoming?.isSilenced = true }
            stopBell()
            emit(.action(.silence(call: incoming.id)))
        case .character("q"): if !state.isInCall { quit(.quit) }
        default: break
        }
    }

    private mutating func accept(_ incoming: ConsoleState.IncomingCall, video: Bool) {
        stopBell()
        noteAnswered(incoming.id)
        update {
            $0.isMicrophoneOn = true
            $0.isCameraOn = video
        }
        emit(.action(.accept(call: incoming.id, video: video)))
    }

    package mutating func hangUp() {
        if let call = state.call { emit(.action(.hangUp(call: call.id))) }
    }

    // MARK: Roster

    private mutating func handleRoster(_ key: Key, at now: ContinuousClock.Instant) -> Bool {
        switch key {
        case .down, .character("j"): choose(by: 1)
        case .up, .character("k"): choose(by: -1)
        case .pageDown: choose(by: 10)
        case .pageUp: choose(by: -10)
        case .home: choose(by: -state.roster.count)
        case .end: choose(by: state.roster.count)
        case .enter: call(state.chosen, video: true, at: now)
        case .character("a"): call(state.chosen, video: false, at: now)
        case .character("/"):
            update {
                $0.filter = ""
                $0.textField = ConsoleState.TextField(purpose: .find)
            }
        case .character("s"): nextStatus()
        case .character("R"): redial(at: now)
        case .character("p"): openPreview()
        default: return false
        }
        return true
    }

    private mutating func choose(by step: Int) {
        update { state in
            let peers = state.shownPeers
            guard let index = state.chosenIndex, !peers.isEmpty else { return }
            state.chosenPeer = peers[min(max(index + step, 0), peers.count - 1)].id
        }
    }

    package mutating func call(_ peer: PeerRow?, video: Bool, at now: ContinuousClock.Instant) {
        guard state.link == .online else {
            return note("no connection to the server yet: calls are possible once it is there", at: now)
        }
        guard let peer else {
            return note("nobody to call: no one else is in the room", at: now)
        }
        update {
            $0.isMicrophoneOn = true
            $0.isCameraOn = video
        }
        emit(.action(.call(peer: peer.id, video: video)))
    }

    private mutating func redial(at now: ContinuousClock.Instant) {
        guard let last = state.recent.first else { return note("no call to repeat yet", at: now) }
        guard let peer = state.roster.first(where: { $0.name == last.peerName }) else {
            return note("\(last.peerName) is not online", at: now)
        }
        call(peer, video: true, at: now)
    }

    private mutating func nextStatus() {
        let next: Presence =
            switch state.status {
            case .available: .away
            case .away: .doNotDisturb
            case .doNotDisturb, .inCall: .available
            }
        update { $0.status = next }
        emit(.action(.setStatus(next)))
    }

    // MARK: In a call

    private mutating func handleInCall(_ key: Key, at now: ContinuousClock.Instant) -> Bool {
        switch key {
        case .character("e"), .character("b"): hangUp()
        case .escape where state.call?.phase == .ringing: hangUp()
        case .character("m"):
            update {
                $0.isMicrophoneOn.toggle()
                if $0.isMicrophoneOn, $0.note?.text == Self.speechMuted { $0.note = nil }
            }
            emit(.action(.setMicrophone(isOn: state.isMicrophoneOn)))
        case .character("v"):
            update { $0.isCameraOn.toggle() }
            emit(.action(.setCamera(isOn: state.isCameraOn)))
        case .character("l"):
            let views = ConsoleState.SelfView.allCases
            let index = views.firstIndex(of: state.selfView) ?? 0
            update { $0.selfView = views[(index + 1) % views.count] }
            emit(.action(.setSelfView(isShown: state.selfView != .hidden)))
        case .character("n"): update { $0.showsStatistics.toggle() }
        case .character("z"): update { $0.isFull.toggle() }
        case .character("r"): nextGlyphs(at: now)
        case .character("c"): nextColours(at: now)
        default: return false
        }
        return true
    }
}
