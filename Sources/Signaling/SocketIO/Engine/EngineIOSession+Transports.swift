import NIOCore
import Wire

extension EngineIOSession {
    // MARK: Polling

    mutating func poll(_ request: RequestID) {
        switch phase {
        case .finished: return emit(.respond(request, .refused(.unknownSession)))
        case .lingering:
            respond(to: request, takeWaiting() + [.close])
            return finish()
        case .open: break
        }
        guard transport == .polling else { return emit(.respond(request, .refused(.badRequest))) }
        guard poll == nil else {
            end(.duplicatePoll, code: 1002)
            return emit(.respond(request, .refused(.badRequest)))
        }
        poll = request
        flush()
        // The client waits for the end of its last poll, to go on with its WebSocket.
        if case .probed = upgrade, poll != nil { respond(to: request, [.noop]) }
    }

    mutating func post(_ request: RequestID, _ body: ByteBuffer, at now: Instant) {
        switch phase {
        case .finished: return emit(.respond(request, .refused(.unknownSession)))
        case .lingering: return emit(.respond(request, .ok))
        case .open: break
        }
        guard transport == .polling else { return emit(.respond(request, .refused(.badRequest))) }
        do {
            var payload = EngineIOPayload(body)
            while case .open = phase, let packet = try payload.next() { try received(packet, at: now) }
            emit(.respond(request, .ok))
        } catch {
            end(.violation(error), code: 1002)
            emit(.respond(request, .refused(.badRequest)))
        }
    }

    // MARK: WebSocket

    mutating func openSocket(at now: Instant) {
        guard awaitsUpgrade else { return emit(.closeSocket(code: 1002)) }
        upgrade = .opened(until: now + configuration.upgradeTimeout)
    }

    mutating func received(_ data: ByteBuffer, isBinary: Bool, at now: Instant) {
        guard case .open = phase else { return }
        do {
            let packet = try isBinary ? EngineIOPacket(binary: data) : EngineIOPacket(parsing: data)
            guard transport == .webSocket else { return proceed(with: packet) }
            try received(packet, at: now)
        } catch {
            guard transport == .webSocket else { return abandonUpgrade() }
            end(.violation(error), code: error == .notUTF8 ? 1007 : 1002)
        }
    }

    /// The steps of an upgrade: `2probe`, `3probe`, `5`.
    private mutating func proceed(with packet: EngineIOPacket) {
        switch (upgrade, packet.kind) {
        case (.opened(let end), .ping) where packet.payload.readableBytesView.elementsEqual("probe".utf8):
            upgrade = .probed(until: end)
            emit(.write(.probePong))
            if let poll { respond(to: poll, [.noop]) }
        case (.probed, .upgrade): becomeWebSocket()
        default: abandonUpgrade()
        }
    }

    /// The client goes on polling.
    mutating func abandonUpgrade() {
        upgrade = nil
        emit(.closeSocket(code: 1002))
    }

    mutating func socketClosed(code: UInt16?) {
        if transport == .webSocket { end(.transportLost(code: code), code: 1000) } else { upgrade = nil }
    }
}
