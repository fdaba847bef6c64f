import SignalingClient
import SignalingProtocol
import Testing
import Wire

/// A session in virtual time.
struct SessionHarness {
    static let url = "ws://server:1"

    var session: SignalingSession
    var now = Instant.zero
    var outputs: [SignalingSession.Output] = []

    init(_ join: Join = Join(name: "alice"), retries: Bool = false, seed: UInt64 = 1) throws {
        let configuration = SignalingConfiguration(url: try SignalingURL(Self.url), join: join, retriesFirstConnection: retries)
        session = SignalingSession(configuration: configuration, random: .seeded(seed))
    }

    mutating func handle(_ input: SignalingSession.Input) {
        session.handle(input, at: now)
        while let output = session.nextOutput() { outputs.append(output) }
        if let deadline = session.deadline { #expect(deadline > now) }
    }

    mutating func advance(_ duration: Duration) {
        let end = now + duration
        while let deadline = session.deadline, deadline <= end {
            now = deadline
            handle(.timeout)
        }
        now = end
    }

    mutating func take() -> [SignalingSession.Output] {
        defer { outputs = [] }
        return outputs
    }

    /// A session that has joined.
    static func joined(_ join: Join = Join(name: "alice"), resume: String = "r1") throws -> SessionHarness {
        var harness = try SessionHarness(join)
        harness.handle(.start)
        harness.handle(.connected)
        harness.handle(.received(.joined(answer(resume: resume))))
        harness.outputs = []
        return harness
    }

    static func answer(resume: String = "r1", resumed: Bool = false) -> Joined {
        Joined(me: Peer(id: "me", name: "alice", status: .available, client: nil, since: 0), peers: [], resume: resume, resumed: resumed)
    }

    /// The pause of the one `disconnected` event there is.
    mutating func pause() -> Duration? {
        let outputs = take()
        guard outputs.count == 1, case .event(.disconnected(_, let pause)) = outputs[0] else { return nil }
        return pause
    }

    mutating func advanceOverPause() throws {
        let pause = pause()
        advance(try #require(pause))
    }

    mutating func closing() -> SignalingFailure? {
        guard case .event(.closed(let failure))? = take().last else { return nil }
        return failure
    }
}

@Suite struct SignalingSessionTests {
    static let bye = ClientMessage.signal(to: "p", CallSignal(call: "c", body: .bye(.hangup)))
    static let refusal = SignalingFailure(.notReachable, "Nobody listens.")

    @Test func joins() throws {
        var harness = try SessionHarness(Join(name: "alice", room: "den", client: "x", token: "t", resume: "not ours"))
        harness.handle(.start)
        #expect(harness.take() == [.connect])
        harness.handle(.connected)
        #expect(harness.take() == [.transmit(.join(Join(name: "alice", room: "den", client: "x", token: "t")))])
        harness.handle(.received(.joined(SessionHarness.answer())))
        #expect(harness.take() == [.event(.joined(SessionHarness.answer()))])
        harness.handle(.received(.peerLeft(id: "p", reason: .gone)))
        #expect(harness.take() == [.event(.message(.peerLeft(id: "p", reason: .gone)))])
        harness.handle(.send(Self.bye))
        #expect(harness.take() == [.transmit(Self.bye)])
    }

    @Test func `A connection whose address is gone is made anew at once, as a lost one`() throws {
        var harness = try SessionHarness.joined()
        harness.handle(.networkChanged(isConnectionLost: false))
        #expect(harness.take().isEmpty)
        harness.handle(.networkChanged(isConnectionLost: true))
        #expect(harness.outputs.first == .disconnect(code: CloseCode.connectionLost))
        harness.outputs.removeFirst()
        let pause = harness.pause()
        #expect(try #require(pause) <= .milliseconds(250))
        harness.advance(try #require(pause))
        #expect(harness.take() == [.connect])
        harness.handle(.connected)
        var join = Join(name: "alice")
        join.resume = "r1"
        #expect(harness.take() == [.transmit(.join(join))])
    }

    @Test func `A server that is waited for is tried when the network changes`() throws {
        var harness = try SessionHarness.joined()
        for _ in 0..<6 {
            harness.handle(.disconnected(code: nil))
            try harness.advanceOverPause()
            _ = harness.take()
        }
        harness.handle(.disconnected(code: nil))
        _ = harness.take()
        harness.handle(.networkChanged(isConnectionLost: false))
        #expect(harness.take() == [.connect])
    }

    @Test func theFirstConnectionFailsAtOnce() throws {
        var harness = try SessionHarness()
        harness.handle(.start)
        harness.handle(.connectionFailed(Self.refusal))
        #expect(harness.take() == [.connect, .event(.closed(Self.refusal))])
        #expect(harness.session.deadline == nil)
        harness.handle(.start)
        harness.handle(.send(Self.bye))
        harness.handle(.leave)
        #expect(harness.take() == [])
    }

    @Test func orIsTriedAgainAfterGrowingPauses() throws {
        var harness = try SessionHarness(retries: true)
        harness.handle(.start)
        var pauses: [Duration] = []
        for _ in 0..<10 {
            #expect(harness.take() == [.connect])
            harness.handle(.connectionFailed(Self.refusal))
            let found = harness.pause()
            let pause = try #require(found)
            pauses.append(pause)
            harness.advance(pause - .nanoseconds(1))
            #expect(harness.take() == [])
            harness.advance(.nanoseconds(1))
        }
        for (index, pause) in pauses.enumerated() {
            let full = min(0.25 * Double(1 << index), 8)
            #expect(pause.seconds >= full / 2 - 1e-6)
            #expect(pause.seconds <= full + 1e-6)
        }
        var other = try SessionHarness(retries: true, seed: 2)
        other.handle(.start)
        _ = other.take()
        other.handle(.connectionFailed(Self.refusal))
        #expect(other.pause() != pauses[0])
    }

    @Test func pausesBeginAnewAfterSuccess() throws {
        var harness = try SessionHarness.joined()
        for _ in 0..<3 {
            harness.handle(.disconnected(code: nil))
            for _ in 0..<4 {
                try harness.advanceOverPause()
                _ = harness.take()
                harness.handle(.connectionFailed(Self.refusal))
            }
            try harness.advanceOverPause()
            harness.handle(.connected)
            harness.handle(.received(.joined(SessionHarness.answer(resumed: true))))
            _ = harness.take()
            harness.handle(.disconnected(code: 1011))
            let pause = harness.pause()
            #expect(pause.map { $0 <= .milliseconds(250) } == true)
            harness.advance(.seconds(1))
            harness.handle(.connected)
            harness.handle(.received(.joined(SessionHarness.answer(resumed: true))))
            _ = harness.take()
        }
    }

    @Test func comesBackAsTheSamePeer() throws {
        var harness = try SessionHarness.joined()
        harness.handle(.send(.status(.dnd)))
        harness.handle(.disconnected(code: nil))
        harness.outputs = []
        let messages = (0..<5).map { ClientMessage.signal(to: "p", CallSignal(call: "c", body: .answer(sdp: "\($0)"))) }
        for message in messages { harness.handle(.send(message)) }
        harness.advance(.seconds(1))
        #expect(harness.take() == [.connect])
        harness.handle(.connected)
        #expect(harness.take() == [.transmit(.join(Join(name: "alice", resume: "r1")))])
        harness.handle(.send(Self.bye))
        let answer = SessionHarness.answer(resume: "r2", resumed: true)
        harness.handle(.received(.joined(answer)))
        #expect(
            harness.take() == [.event(.reconnected(answer)), .transmit(.status(.dnd))] + messages.map { .transmit($0) } + [
                .transmit(Self.bye)
            ])
        harness.handle(.disconnected(code: nil))
        harness.advance(.seconds(1))
        harness.handle(.connected)
        #expect(harness.take().last == .transmit(.join(Join(name: "alice", resume: "r2"))))
    }

    @Test func aNewPeerSendsNothingToOldIDs() throws {
        var harness = try SessionHarness.joined()
        harness.handle(.disconnected(code: nil))
        harness.handle(.send(Self.bye))
        harness.handle(.send(.status(.away)))
        harness.advance(.seconds(1))
        harness.handle(.connected)
        _ = harness.take()
        harness.handle(.received(.joined(SessionHarness.answer(resume: "r2"))))
        #expect(harness.take() == [.event(.reconnected(SessionHarness.answer(resume: "r2"))), .transmit(.status(.away))])
    }

    @Test func whatWaitsIsBounded() throws {
        var harness = try SessionHarness.joined()
        harness.handle(.disconnected(code: nil))
        for index in 0..<1_000 { harness.handle(.send(.signal(to: "p", CallSignal(call: "c\(index)", body: .ringing)))) }
        harness.advance(.seconds(1))
        harness.handle(.connected)
        _ = harness.take()
        harness.handle(.received(.joined(SessionHarness.answer(resumed: true))))
        let sent = harness.take().dropFirst()
        #expect(sent.count == 80)
        #expect(sent.first == .transmit(.signal(to: "p", CallSignal(call: "c0", body: .ringing))))
    }

    @Test func aSilentServerIsLeft() throws {
        var harness = try SessionHarness.joined()
        harness.advance(.seconds(59))
        harness.handle(.heard)
        harness.advance(.seconds(59))
        harness.handle(.received(.peerLeft(id: "p", reason: .left)))
        _ = harness.take()
        harness.advance(.milliseconds(59_999))
        #expect(harness.take() == [])
        harness.now += .milliseconds(1)
        harness.handle(.timeout)
        let outputs = harness.take()
        #expect(outputs.first == .disconnect(code: CloseCode.connectionLost))
        guard case .event(.disconnected)? = outputs.last else {
            Issue.record("no event")
            return
        }
    }

    @Test func connectingAndJoiningTakeTenSecondsAtMost() throws {
        for connects in [false, true] {
            var harness = try SessionHarness()
            harness.handle(.start)
            if connects { harness.handle(.connected) }
            _ = harness.take()
            harness.advance(.milliseconds(9_999))
            #expect(harness.take() == [])
            harness.advance(.milliseconds(1))
            #expect(harness.take().first == .disconnect(code: CloseCode.connectionLost))
            #expect(harness.session.deadline == nil)
        }
    }

    @Test(
        arguments: [
            (ErrorCode.unauthorized, SignalingFailure.Kind.unauthorized, 77), (.nameTaken, .nameTaken, 1), (.nameInvalid, .nameInvalid, 64),
            (.full, .full, 69), (.badMessage, .refused, 1),
        ] as [(ErrorCode, SignalingFailure.Kind, Int32)])
    func refusals(_ code: ErrorCode, kind: SignalingFailure.Kind, status: Int32) throws {
        var harness = try SessionHarness()
        harness.handle(.start)
        harness.handle(.connected)
        _ = harness.take()
        harness.handle(.received(.error(ServerError(code: code, message: "Why not.", ref: "join"))))
        #expect(harness.outputs.first == .disconnect(code: CloseCode.normal))
        let failure = harness.closing()
        #expect(failure?.kind == kind)
        #expect(failure?.exitStatus == status)
        #expect(failure?.description.contains("\n") == false)
    }

    @Test func aServerThatIsFullLaterIsTriedAgain() throws {
        var harness = try SessionHarness.joined()
        harness.handle(.disconnected(code: nil))
        harness.advance(.seconds(1))
        harness.handle(.connected)
        _ = harness.take()
        harness.handle(.received(.error(ServerError(code: .full, message: "The server is full."))))
        #expect(harness.take() == [])
        harness.handle(.disconnected(code: CloseCode.tryAgainLater))
        guard case .event(.disconnected(let reason, _))? = harness.take().last else {
            Issue.record("no event")
            return
        }
        #expect(reason == "The server ws://server:1/ws closed the connection: The server is full.")
    }

    @Test func aSessionThatWentOnElsewhereEnds() throws {
        var harness = try SessionHarness.joined()
        harness.handle(.disconnected(code: CloseCode.takenOver))
        #expect(harness.closing()?.kind == .takenOver)
    }

    @Test func errorsInTheRoomAreEvents() throws {
        var harness = try SessionHarness.joined()
        let error = ServerError(code: .busy, message: "Busy.", ref: "offer", call: "c")
        harness.handle(.received(.error(error)))
        #expect(harness.take() == [.event(.message(.error(error)))])
    }

    @Test func leaving() throws {
        var harness = try SessionHarness.joined()
        harness.handle(.leave)
        harness.handle(.leave)
        harness.handle(.send(Self.bye))
        #expect(harness.take() == [.transmit(.leave)])
        var silent = harness
        harness.handle(.disconnected(code: CloseCode.normal))
        #expect(harness.take() == [.event(.closed(nil))])
        silent.advance(.seconds(2))
        #expect(silent.take() == [.disconnect(code: CloseCode.normal), .event(.closed(nil))])
    }

    @Test func leavingWhileTheServerIsAway() throws {
        var harness = try SessionHarness.joined()
        harness.handle(.disconnected(code: nil))
        _ = harness.take()
        harness.handle(.leave)
        #expect(harness.take() == [.event(.closed(nil))])
    }

    @Test func leavingWithSomethingStillToBeTold() throws {
        var harness = try SessionHarness.joined()
        harness.handle(.disconnected(code: nil))
        harness.handle(.send(Self.bye))
        _ = harness.take()
        harness.handle(.leave)
        #expect(harness.take() == [])
        var forsaken = harness
        harness.advance(.seconds(1))
        harness.handle(.connected)
        _ = harness.take()
        let answer = SessionHarness.answer(resumed: true)
        harness.handle(.received(.joined(answer)))
        #expect(harness.take() == [.event(.reconnected(answer)), .transmit(Self.bye), .transmit(.leave)])
        harness.handle(.disconnected(code: CloseCode.normal))
        #expect(harness.take() == [.event(.closed(nil))])

        for _ in 0..<20 {
            forsaken.advance(.milliseconds(250))
            if forsaken.outputs.contains(.connect) {
                forsaken.outputs.removeAll { $0 == .connect }
                forsaken.handle(.connectionFailed(Self.refusal))
            }
        }
        #expect(forsaken.take().last == .event(.closed(nil)))
        #expect(forsaken.now == harness.now - .seconds(1) + .seconds(5))
    }

    @Test func leavingBeforeItIsThere() throws {
        for connects in [false, true] {
            var harness = try SessionHarness()
            harness.handle(.start)
            if connects { harness.handle(.connected) }
            _ = harness.take()
            harness.handle(.leave)
            #expect(harness.take() == [.disconnect(code: CloseCode.normal), .event(.closed(nil))])
        }
    }

    @Test func anythingInAnyOrder() throws {
        var random = RandomSource.seeded(3)
        for seed in 0..<300 as Range<UInt64> {
            var harness = try SessionHarness(retries: seed % 2 == 0, seed: seed)
            var closings = 0
            for _ in 0..<60 {
                switch random.next() % 12 {
                case 0: harness.handle(.start)
                case 1, 2: harness.handle(.connected)
                case 3: harness.handle(.connectionFailed(Self.refusal))
                case 4, 5: harness.handle(.received(.joined(SessionHarness.answer(resumed: random.next() % 2 == 0))))
                case 6: harness.handle(.received(.error(ServerError(code: .full, message: ""))))
                case 7: harness.handle(.disconnected(code: [nil, 1000, 1013].randomElement(using: &random) ?? nil))
                case 8: harness.handle(.send(Self.bye))
                case 9: harness.advance(.milliseconds(Int(random.next() % 15_000)))
                case 10: harness.handle(.heard)
                default: if random.next() % 8 == 0 { harness.handle(.leave) }
                }
                let outputs = harness.take()
                if closings > 0 { #expect(outputs == []) }
                closings += outputs.count { if case .event(.closed) = $0 { true } else { false } }
            }
            #expect(closings <= 1)
        }
    }
}
