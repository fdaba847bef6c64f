import ICE
import PeerConnection
import STUN
import Simulation
import Testing
import Wire

/// Ways through NATs and relays, and what happens to a call when its way is lost; all in virtual time.
@Suite struct PathTests {
    static let link = LinkModel(delay: .milliseconds(15))

    enum Kind: String, CaseIterable {
        case fullCone, restricted, portRestricted, symmetric

        var behavior: NATBehavior {
            switch self {
            case .fullCone: .fullCone
            case .restricted: .addressRestricted
            case .portRestricted: .portRestricted
            case .symmetric: .symmetric
            }
        }
    }

    /// Only where one side's port can't be foretold, and the other lets in nobody but whom it has sent to.
    static func needsRelay(_ left: Kind, _ right: Kind) -> Bool {
        switch (left, right) {
        case (.symmetric, .symmetric), (.symmetric, .portRestricted), (.portRestricted, .symmetric): true
        default: false
        }
    }

    private func isRelayed(_ end: VirtualCall.End) -> Bool {
        let statistics = end.peer.statistics
        return statistics.localCandidateType == "relay" || statistics.remoteCandidateType == "relay"
    }

    /// A call that is up for a while, with sound and picture both ways.
    private func connected(
        seed: UInt64, callerNAT: NATBehavior? = nil, calleeNAT: NATBehavior? = nil, isRelayOnly: Bool = false,
        prepare: (VirtualCall) -> Void = { _ in }
    ) throws -> (call: VirtualCall, took: Duration) {
        let call = try VirtualCall(
            seed: seed, link: Self.link, callerNAT: callerNAT, calleeNAT: calleeNAT, isRelayOnly: isRelayOnly)
        prepare(call)
        try call.connect()
        let took = try #require(
            call.run(atMost: .seconds(15)) { call.caller.peer.state == .connected && call.callee.peer.state == .connected })
        for end in [call.caller, call.callee] {
            let media = SteadyMedia()
            media.start(at: call.now)
            end.media = media
        }
        call.run(for: .seconds(2))
        return (call, took)
    }

    /// How long after now the next packet of sound comes to both; `nil` if longer than `limit`.
    private func soundReturns(_ call: VirtualCall, within limit: Duration) -> Duration? {
        let start = call.now
        // What was under way at the cut does not count.
        call.run(for: .milliseconds(50))
        let cut = call.now
        return call.run(atMost: limit) { [call.caller, call.callee].allSatisfy { ($0.steady.lastSound ?? .zero) > cut } }
            .map { $0 + (cut - start) }
    }

    @Test(arguments: Kind.allCases, Kind.allCases)
    func `Each pair of NATs has its kind of path`(caller: Kind, callee: Kind) throws {
        for seed in 1...2 as ClosedRange<UInt64> {
            let (call, took) = try connected(seed: seed, callerNAT: caller.behavior, calleeNAT: callee.behavior) { $0.addRelay() }
            #expect(took < .seconds(2), "seed \(seed)")
            #expect(isRelayed(call.caller) == Self.needsRelay(caller, callee), "seed \(seed)")
            let heard = call.callee.steady.audioPackets.count
            call.run(for: .seconds(2))
            #expect(call.callee.steady.audioPackets.count - heard >= 98, "seed \(seed): the path holds")
            #expect(call.caller.states.contains(.disconnected) == false)
        }
    }

    @Test func `Without a relay two symmetric NATs are told apart from a network that is down`() throws {
        let call = try VirtualCall(seed: 1, link: Self.link, callerNAT: .symmetric, calleeNAT: .symmetric)
        try call.connect()
        let end = call.run(atMost: .seconds(40)) {
            if case .failed = call.caller.peer.state { true } else { false }
        }
        #expect(end != nil)
        guard case .failed(let why) = call.caller.peer.state else { return }
        #expect(why.contains("no relay is set") && why.contains("--turn"))
    }

    @Test func `Through a relay alone neither side learns the other's addresses`() throws {
        let (call, took) = try connected(seed: 3, isRelayOnly: true) { $0.addRelay() }
        #expect(took < .seconds(2))
        for end in [call.caller, call.callee] {
            let candidates = end.peer.statistics.ice.localCandidates
            #expect(candidates.map(\.type) == [.relayed])
            #expect(end.peer.statistics.ice.remoteCandidates.allSatisfy { $0.type == .relayed })
        }
        let heard = call.callee.steady.audioPackets.count
        for end in [call.caller, call.callee] { end.steady.stopPictures() }
        call.run(for: .seconds(650))
        #expect(call.callee.steady.audioPackets.count - heard >= 32_400, "through every renewal of allocation, permissions and channels")
    }

    @Test func `A hang-up gives the allocations back`() throws {
        let (call, _) = try connected(seed: 4, isRelayOnly: true) { $0.addRelay() }
        let relay = try #require(call.relay)
        #expect(call.network[turn: relay].allocationCount(at: call.now) == 2)
        call.caller.peer.handle(.close, at: call.now)
        call.drain(call.caller)
        #expect(call.run(atMost: .seconds(1)) { call.callee.states.last == .closed } != nil)
        for end in [call.caller, call.callee] { end.steady.stop() }
        call.callee.peer.handle(.close, at: call.now)
        call.drain(call.callee)
        call.run(for: .seconds(1))
        #expect(call.network[turn: relay].allocationCount(at: call.now) == 0)
    }

    @Test func `A relay outlives a restart of ICE, with its allocation`() throws {
        let (call, _) = try connected(seed: 5, isRelayOnly: true) { $0.addRelay() }
        let relay = try #require(call.relay)
        let heard = call.callee.steady.audioPackets.count
        let newest = try #require(call.caller.peer.statistics.ice.pairs.map(\.id).max())
        try call.restart(call.caller)
        call.run(for: .seconds(5))
        #expect(call.callee.steady.audioPackets.count - heard >= 247)
        #expect(call.network[turn: relay].allocationCount(at: call.now) == 2)
        #expect(call.caller.peer.statistics.ice.pairs.contains { $0.isSelected && $0.id > newest })
        #expect(!call.caller.states.contains(.disconnected))
    }

    // MARK: What fails

    @Test func `Wrong credentials and a dead STUN server cost nothing where there is a direct path`() throws {
        let (call, took) = try connected(seed: 6) { call in
            call.addRelay()
            call.relayCredentials.password = "wrong"
            call.hasDeadSTUNServer = true
        }
        #expect(took < .milliseconds(500))
        call.run(for: .seconds(10))
        let status = try #require(call.caller.peer.relayStatuses.first)
        #expect(status.failure == .wrongCredentials)
    }

    @Test func `A call that had no other way says what the relay refused`() throws {
        let call = try VirtualCall(seed: 7, link: Self.link, callerNAT: .symmetric, calleeNAT: .symmetric)
        call.addRelay()
        call.relayCredentials.password = "wrong"
        try call.connect()
        call.run(for: .seconds(40))
        guard case .failed(let why) = call.caller.peer.state else {
            Issue.record("it has not failed: \(call.caller.peer.state)")
            return
        }
        #expect(why.contains("refused the user name or the password"), "\(why)")
    }

    @Test func `When its relay dies a call with a direct way in reserve goes on`() throws {
        // The direct way opens only when the relay is gone: the NATs let nothing else through before.
        let (call, _) = try connected(seed: 8, callerNAT: .symmetric, calleeNAT: .symmetric) { $0.addRelay() }
        let relay = try #require(call.relay)
        #expect(isRelayed(call.caller))
        call.network[turn: relay].isDead = true
        call.run(atMost: .seconds(3)) { call.caller.peer.state == .disconnected && call.callee.peer.state == .disconnected }
        #expect(call.caller.peer.state == .disconnected)
        // Back, having forgotten everything it had granted.
        call.network[turn: relay] = call.network[turn: relay].restarted()
        let start = call.now
        while call.now - start < .seconds(20), call.caller.peer.state != .connected {
            try call.restart(call.caller)
            call.run(atMost: .seconds(4)) { call.caller.peer.state == .connected }
        }
        #expect(call.caller.peer.state == .connected)
        #expect(soundReturns(call, within: .seconds(3)) != nil)
    }

    // MARK: What changes

    @Test(arguments: 1...2 as ClosedRange<UInt64>) func `When the path dies and another exists, sound is back within three seconds`(
        seed: UInt64
    ) throws {
        let other = IPAddress.v4(0xc612_0101)
        let (call, _) = try connected(seed: seed) { call in call.addAddress(other, to: call.caller) }
        let used = try #require(call.caller.peer.statistics.ice.selectedPair?.local.transportAddress)
        // Nobody tells: packets from and to it vanish.
        call.removeAddress(used, from: call.caller, isNoticed: false)
        let back = try #require(soundReturns(call, within: .seconds(3)))
        #expect(back < .seconds(3), "\(back)")
        #expect(call.caller.peer.state == .connected)
        #expect(call.callee.peer.state == .connected)
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>, [true, false]) func `When the address changes, sound is back within three seconds`(
        seed: UInt64, isCaller: Bool
    ) throws {
        let (call, _) = try connected(seed: seed)
        let end = isCaller ? call.caller : call.callee
        let old = try #require(end.addresses.first)
        call.removeAddress(old, from: end, isNoticed: true)
        #expect(end.peer.state == .disconnected)
        call.run(for: .milliseconds(200))
        call.addAddress(.v4(0xc612_0202), to: end)
        try call.restart(end)
        let back = try #require(soundReturns(call, within: .seconds(3)))
        #expect(back < .seconds(3), "\(back)")
    }

    @Test func `An address that changes behind a NAT needs the other side told, and is`() throws {
        let (call, _) = try connected(seed: 2, callerNAT: .portRestricted, calleeNAT: .portRestricted)
        let old = try #require(call.caller.addresses.first)
        call.removeAddress(old, from: call.caller, isNoticed: true)
        call.addAddress(.v4(0x0a00_0107), to: call.caller)
        try call.restart(call.caller)
        let back = try #require(soundReturns(call, within: .seconds(3)))
        #expect(back < .seconds(3), "\(back)")
    }

    @Test func `Silence is said within two seconds, and a restart waits for the server to be back`() throws {
        let (call, _) = try connected(seed: 9)
        let old = try #require(call.callee.addresses.first)
        call.isSignalingUp = false
        call.removeAddress(old, from: call.callee, isNoticed: false)
        let said = try #require(call.run(atMost: .seconds(5)) { call.caller.peer.state == .disconnected })
        #expect(said < .seconds(2), "\(said)")
        call.addAddress(.v4(0xc612_0303), to: call.callee)
        try call.restart(call.callee)
        try call.restart(call.caller)
        call.run(for: .seconds(8))
        call.isSignalingUp = true
        let back = try #require(soundReturns(call, within: .seconds(3)))
        #expect(back < .seconds(3), "\(back)")
    }

    @Test func `An offer that was lost on its way does not keep the next one back`() throws {
        let (call, _) = try connected(seed: 11)
        let heard = call.callee.steady.audioPackets.count
        try call.restart(call.caller)
        call.loseSignals(of: call.caller)
        call.run(for: .seconds(4))
        let newest = try #require(call.caller.peer.statistics.ice.pairs.map(\.id).max())
        try call.restart(call.caller)
        call.run(for: .seconds(2))
        #expect(call.caller.peer.statistics.ice.pairs.contains { $0.isSelected && $0.id > newest })
        #expect(call.callee.steady.audioPackets.count - heard >= 297)
    }

    @Test func `A pause in what the other side sends is no silence`() throws {
        let (call, _) = try connected(seed: 10)
        for end in [call.caller, call.callee] { end.steady.stop() }
        call.run(for: .seconds(30))
        #expect(!call.caller.states.contains(.disconnected) && !call.callee.states.contains(.disconnected))
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>) func `Heavy loss is no silence`(seed: UInt64) throws {
        let (call, _) = try connected(seed: seed)
        for end in [call.caller, call.callee] {
            call.network.setLinks(of: end.host, uplink: LinkModel(loss: 0.3, delay: .milliseconds(100)))
        }
        call.run(for: .seconds(20))
        #expect(!call.caller.states.contains(.disconnected) && !call.callee.states.contains(.disconnected))
    }
}

extension VirtualCall.End {
    fileprivate var steady: SteadyMedia {
        guard let media = media as? SteadyMedia else { preconditionFailure("the media have not been started") }
        return media
    }
}
