import Calls
import SignalingProtocol
import Testing
import Wire

/// A call's machine in virtual time, and what it said.
private struct Bench {
    var machine: CallMachine
    var now = Instant(nanoseconds: 1_000_000_000)
    private(set) var outputs: [CallMachine.Output] = []

    init(_ direction: CallMachine.Direction) {
        machine = CallMachine(direction: direction)
    }

    mutating func handle(_ input: CallMachine.Input) {
        machine.handle(input, at: now)
        while let output = machine.nextOutput() { outputs.append(output) }
    }

    /// Lets time go on to the machine's deadline.
    mutating func waitForDeadline() throws -> Duration {
        let deadline = try #require(machine.deadline)
        let waited = deadline - now
        now = deadline
        handle(.timeout)
        return waited
    }

    var sent: [CallSignal.Body] {
        outputs.compactMap { if case .send(let body) = $0 { body } else { nil } }
    }

    var states: [CallMachine.State] {
        outputs.compactMap { if case .state(let state) = $0 { state } else { nil } }
    }

    var restarts: Int {
        outputs.count { if case .restart = $0 { true } else { false } }
    }

    var added: [Candidate?] {
        outputs.compactMap { if case .addCandidate(let candidate) = $0 { .some(candidate) } else { nil } }
    }
}

private let candidate = Candidate(candidate: "candidate:1 1 udp 1 192.0.2.1 1 typ host")

@Suite struct CallMachineTests {
    @Test func anOutgoingCallGoesFromRingingToItsEnd() {
        var bench = Bench(.outgoing)
        bench.handle(.place(sdp: "offer"))
        bench.handle(.localCandidate(candidate))
        bench.handle(.received(.ringing))
        bench.handle(.received(.answer(sdp: "answer")))
        bench.handle(.media(.connected))
        bench.handle(.hangUp)
        #expect(bench.sent == [.offer(sdp: "offer"), .candidate(candidate), .bye(.hangup)])
        #expect(bench.states == [.connecting, .connected, .ended(.said(.hangup, byUs: true))])
        #expect(bench.machine.deadline == nil)
    }

    @Test func noCandidateLeavesTheCalleeBeforeItsAnswer() {
        var bench = Bench(.incoming)
        bench.handle(.offered(sdp: "offer"))
        bench.handle(.localCandidate(candidate))
        bench.handle(.localCandidate(nil))
        #expect(bench.sent == [.ringing])
        bench.handle(.accept)
        #expect(bench.sent == [.ringing])
        bench.handle(.answered(sdp: "answer"))
        #expect(bench.sent == [.ringing, .answer(sdp: "answer"), .candidate(candidate), .candidate(nil)])
    }

    @Test func candidatesThatComeBeforeTheDescriptionWaitForIt() {
        var bench = Bench(.incoming)
        bench.handle(.offered(sdp: "offer"))
        bench.handle(.received(.candidate(candidate)))
        bench.handle(.received(.candidate(nil)))
        #expect(bench.added.isEmpty)
        bench.handle(.accept)
        bench.handle(.answered(sdp: "answer"))
        #expect(bench.added == [candidate, nil])
    }

    @Test func earlyCandidatesAreBounded() {
        var bench = Bench(.incoming)
        bench.handle(.offered(sdp: "offer"))
        for _ in 0..<10_000 { bench.handle(.received(.candidate(candidate))) }
        bench.handle(.accept)
        bench.handle(.answered(sdp: "answer"))
        #expect(bench.added.count == 100)
    }

    @Test(arguments: [CallMachine.Direction.incoming, .outgoing]) func ringingEndsAfter45Seconds(direction: CallMachine.Direction) throws {
        var bench = Bench(direction)
        bench.handle(direction == .incoming ? .offered(sdp: "offer") : .place(sdp: "offer"))
        #expect(try bench.waitForDeadline() == .seconds(45))
        #expect(bench.sent.last == .bye(.timeout))
        #expect(bench.machine.state == .ended(.noAnswer))
    }

    @Test func connectingEndsAfter15Seconds() throws {
        var bench = Bench(.outgoing)
        bench.handle(.place(sdp: "offer"))
        bench.handle(.received(.answer(sdp: "answer")))
        #expect(try bench.waitForDeadline() == .seconds(15))
        #expect(bench.sent.last == .bye(.failed))
        #expect(bench.machine.state == .ended(.noMediaPath(nil)))
    }

    @Test func aLostPathIsLookedForFor30SecondsAndMayComeBack() throws {
        var bench = Bench(.outgoing)
        bench.handle(.place(sdp: "offer"))
        bench.handle(.received(.answer(sdp: "answer")))
        bench.handle(.media(.connected))
        bench.handle(.media(.disconnected))
        bench.handle(.media(.connected))
        #expect(bench.machine.state == .connected)
        #expect(bench.machine.deadline == nil)
        bench.handle(.media(.disconnected))
        var waited = Duration.zero
        while !bench.machine.state.isEnded { waited += try bench.waitForDeadline() }
        #expect(waited == .seconds(30))
    }

    @Test(arguments: [ByeReason.declined, .busy, .cancelled, .timeout, .failed, .gone, .hangup])
    func aByeEndsTheCallWithItsReason(reason: ByeReason) {
        var bench = Bench(.outgoing)
        bench.handle(.place(sdp: "offer"))
        bench.handle(.received(.bye(reason)))
        #expect(bench.machine.state == .ended(.said(reason, byUs: false)))
        #expect(bench.sent == [.offer(sdp: "offer")])
    }

    @Test func hangingUpWhileRingingSaysWhatItIs() {
        var caller = Bench(.outgoing)
        caller.handle(.place(sdp: "offer"))
        caller.handle(.hangUp)
        #expect(caller.sent.last == .bye(.cancelled))
        var callee = Bench(.incoming)
        callee.handle(.offered(sdp: "offer"))
        callee.handle(.hangUp)
        #expect(callee.sent.last == .bye(.declined))
    }

    @Test func refusalsOfTheServerEndACallThatRingsAlone() {
        var bench = Bench(.outgoing)
        bench.handle(.place(sdp: "offer"))
        bench.handle(.refused(.unknownPeer, message: "nobody"))
        #expect(bench.machine.state == .ended(.noSuchPeer))
        var busy = Bench(.outgoing)
        busy.handle(.place(sdp: "offer"))
        busy.handle(.refused(.busy, message: "in a call"))
        #expect(busy.machine.state == .ended(.said(.busy, byUs: false)))
        var up = Bench(.outgoing)
        up.handle(.place(sdp: "offer"))
        up.handle(.received(.answer(sdp: "answer")))
        up.handle(.media(.connected))
        up.handle(.refused(.unknownCall, message: "the server was restarted"))
        #expect(up.machine.state == .connected)
    }

    @Test func theOtherSidesGoodbyeOnTheMediaPathEndsTheCall() {
        var bench = Bench(.outgoing)
        bench.handle(.place(sdp: "offer"))
        bench.handle(.received(.answer(sdp: "answer")))
        bench.handle(.media(.connected))
        bench.handle(.media(.closed))
        #expect(bench.machine.state == .ended(.said(.hangup, byUs: false)))
    }

    @Test func aLaterOfferIsANewNegotiation() {
        var bench = Bench(.incoming)
        bench.handle(.offered(sdp: "first"))
        bench.handle(.accept)
        bench.handle(.answered(sdp: "answer"))
        bench.handle(.media(.connected))
        bench.handle(.received(.offer(sdp: "second")))
        bench.handle(.answered(sdp: "another"))
        let applied = bench.outputs.contains { if case .applyOffer("second") = $0 { true } else { false } }
        #expect(applied)
        #expect(bench.sent.last == .answer(sdp: "another"))
        #expect(bench.machine.state == .connected)
    }

    @Test(arguments: ["another", nil]) func candidatesOfALaterOfferFollowItsAnswer(answer: String?) {
        var bench = Bench(.incoming)
        bench.handle(.offered(sdp: "first"))
        bench.handle(.accept)
        bench.handle(.answered(sdp: "answer"))
        bench.handle(.media(.connected))
        bench.handle(.received(.offer(sdp: "restart")))
        bench.handle(.localCandidate(candidate))
        #expect(bench.sent.last == .answer(sdp: "answer"))
        bench.handle(.answered(sdp: answer))
        #expect(bench.sent.dropFirst(2) == (answer.map { [.answer(sdp: $0), .candidate(candidate)] } ?? [.candidate(candidate)]))
    }

    @Test func aLostPathIsNotCalledOneThatWasNeverFound() {
        var bench = Bench(.outgoing)
        bench.handle(.place(sdp: "offer"))
        bench.handle(.received(.answer(sdp: "answer")))
        bench.handle(.media(.connected))
        bench.handle(.media(.disconnected))
        bench.handle(.media(.failed("no path for sound and picture was found")))
        #expect(bench.machine.state == .ended(.noMediaPath("the connection was lost and did not come back")))
    }

    // MARK: Another path

    private func connected(_ direction: CallMachine.Direction = .outgoing) -> Bench {
        var bench = Bench(direction)
        switch direction {
        case .outgoing:
            bench.handle(.place(sdp: "offer"))
            bench.handle(.received(.answer(sdp: "answer")))
        case .incoming:
            bench.handle(.offered(sdp: "offer"))
            bench.handle(.accept)
            bench.handle(.answered(sdp: "answer"))
        }
        bench.handle(.media(.connected))
        return bench
    }

    @Test(arguments: [CallMachine.Direction.incoming, .outgoing])
    func `A lost path is looked for anew at once, and every eight seconds`(direction: CallMachine.Direction) throws {
        var bench = connected(direction)
        bench.handle(.media(.disconnected))
        #expect(bench.restarts == 1)
        bench.handle(.reoffer(sdp: "restart"))
        #expect(try bench.waitForDeadline() == .seconds(8))
        #expect(bench.restarts == 2)
        bench.handle(.notOffered)
        #expect(try bench.waitForDeadline() == .seconds(8))
        #expect(bench.restarts == 3)
        bench.handle(.media(.connected))
        #expect(bench.machine.deadline == nil)
    }

    @Test func `A restart's candidates follow its offer`() {
        var bench = connected()
        bench.handle(.networkChanged)
        #expect(bench.restarts == 1)
        #expect(bench.machine.state == .connected)
        bench.handle(.localCandidate(candidate))
        #expect(bench.sent == [.offer(sdp: "offer")])
        bench.handle(.reoffer(sdp: "restart"))
        #expect(bench.sent == [.offer(sdp: "offer"), .offer(sdp: "restart"), .candidate(candidate)])
    }

    @Test func `Where no offer can be made, candidates are not held up`() {
        var bench = connected()
        bench.handle(.reconnect)
        bench.handle(.localCandidate(candidate))
        bench.handle(.notOffered)
        #expect(bench.sent.last == .candidate(candidate))
    }

    @Test func `A restart waits for the server to be back`() {
        var bench = connected()
        bench.handle(.signaling(isConnected: false))
        bench.handle(.media(.disconnected))
        #expect(bench.restarts == 0)
        bench.handle(.signaling(isConnected: true))
        #expect(bench.restarts == 1)
        bench.handle(.reoffer(sdp: "restart"))
        bench.handle(.received(.answer(sdp: "answer")))
        bench.handle(.media(.connected))
        bench.handle(.signaling(isConnected: false))
        bench.handle(.signaling(isConnected: true))
        #expect(bench.restarts == 1, "once is enough")
    }

    @Test func `A restart that is under way is given three seconds for its answer`() throws {
        var bench = connected()
        bench.handle(.networkChanged)
        bench.handle(.reoffer(sdp: "restart"))
        bench.handle(.networkChanged)
        #expect(bench.restarts == 1)
        #expect(try bench.waitForDeadline() == .seconds(3))
        #expect(bench.restarts == 2)
        bench.handle(.reoffer(sdp: "another"))
        bench.handle(.received(.answer(sdp: "answer")))
        bench.handle(.networkChanged)
        #expect(bench.restarts == 3)
    }

    @Test func `Nothing is restarted before both sides have described themselves`() {
        var caller = Bench(.outgoing)
        caller.handle(.place(sdp: "offer"))
        caller.handle(.networkChanged)
        var callee = Bench(.incoming)
        callee.handle(.offered(sdp: "offer"))
        callee.handle(.networkChanged)
        #expect(caller.restarts == 0 && callee.restarts == 0)
    }

    @Test func `A call that finds no path says what is known of it`() throws {
        var bench = Bench(.outgoing)
        bench.handle(.place(sdp: "offer"))
        bench.handle(.received(.answer(sdp: "answer")))
        bench.handle(.diagnosis("the relay is asleep"))
        _ = try bench.waitForDeadline()
        #expect(bench.machine.state == .ended(.noMediaPath("the relay is asleep")))
    }

    @Test func `Whoever gives up first, both sides say why there is no path`() {
        var caller = Bench(.outgoing)
        caller.handle(.place(sdp: "offer"))
        caller.handle(.received(.answer(sdp: "answer")))
        caller.handle(.diagnosis("the relay is asleep"))
        caller.handle(.received(.bye(.failed)))
        #expect(caller.machine.state == .ended(.noMediaPath("the relay is asleep")))
        var callee = Bench(.incoming)
        callee.handle(.offered(sdp: "offer"))
        callee.handle(.accept)
        callee.handle(.answered(sdp: "answer"))
        callee.now += .seconds(1)
        callee.handle(.diagnosis("the relay is asleep"))
        callee.handle(.received(.bye(.failed)))
        #expect(callee.machine.state == .ended(.noMediaPath("the relay is asleep")))
    }

    @Test func `A caller that cannot use the answer is not said to have found no path`() {
        var callee = Bench(.incoming)
        callee.handle(.offered(sdp: "offer"))
        callee.handle(.accept)
        callee.handle(.answered(sdp: "answer"))
        callee.now += .milliseconds(200)
        callee.handle(.diagnosis("the relay is asleep"))
        callee.handle(.received(.bye(.failed)))
        #expect(callee.machine.state == .ended(.said(.failed, byUs: false)))
    }

    @Test(arguments: [CallMachine.Direction.incoming, .outgoing])
    func `A lost path that the other side gives up on is lost here, too`(direction: CallMachine.Direction) {
        var bench = connected(direction)
        bench.handle(.media(.disconnected))
        bench.handle(.received(.bye(.failed)))
        #expect(bench.machine.state == .ended(.noMediaPath("the connection was lost and did not come back")))
    }

    @Test func nothingHappensAfterTheEnd() {
        var bench = Bench(.outgoing)
        bench.handle(.place(sdp: "offer"))
        bench.handle(.received(.bye(.declined)))
        let before = bench.outputs.count
        bench.handle(.received(.answer(sdp: "answer")))
        bench.handle(.localCandidate(candidate))
        bench.handle(.hangUp)
        bench.handle(.timeout)
        #expect(bench.outputs.count == before)
    }

    @Test func anUnusableDescriptionEndsTheCallInWords() {
        var bench = Bench(.outgoing)
        bench.handle(.place(sdp: "offer"))
        bench.handle(.received(.answer(sdp: "nonsense")))
        bench.handle(.unusable("its answer cannot be used"))
        #expect(bench.sent.last == .bye(.failed))
        #expect(bench.machine.state == .ended(.incompatible("its answer cannot be used")))
    }

    @Test func everyEndHasASentence() {
        var ends: [CallEnd] = [.noAnswer, .noSuchPeer, .noMediaPath(nil), .noMediaPath("why"), .refused("no"), .incompatible("no")]
        for reason in ByeReason.allCases { ends += [.said(reason, byUs: true), .said(reason, byUs: false)] }
        for end in ends {
            for direction in [CallMachine.Direction.incoming, .outgoing] {
                let sentence = end.sentence(peer: "bob", direction: direction)
                #expect(sentence.contains("bob"))
                #expect(!sentence.contains("\n"))
            }
        }
        #expect(CallEnd.said(.timeout, byUs: false).sentence(peer: "bob", direction: .outgoing).contains("did not answer"))
        #expect(CallEnd.said(.timeout, byUs: false).sentence(peer: "bob", direction: .incoming).contains("missed"))
    }
}

extension CallMachine.State {
    fileprivate var isEnded: Bool {
        if case .ended = self { true } else { false }
    }
}
