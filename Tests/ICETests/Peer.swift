import ICE
import STUN
import Testing
import Wire

/// An agent on the test network, with what it has said so far.
final class Peer {
    var agent: ICEAgent
    private(set) var addresses: [TransportAddress]
    let nat: NAT?
    private unowned let network: Network

    private(set) var candidates: [ICECandidate] = []
    private(set) var isGatheringComplete = false
    private(set) var gatheringCompleted: Instant?
    private(set) var states: [(state: ICEState, at: Instant)] = []
    private(set) var selected: [ICEPath] = []
    var onCandidate: (ICECandidate) -> Void = { _ in }
    var onGatheringComplete: () -> Void = {}

    init(agent: ICEAgent, addresses: [TransportAddress], nat: NAT?, network: Network) {
        self.agent = agent
        self.addresses = addresses
        self.nat = nat
        self.network = network
    }

    func handle(_ input: ICEAgent.Input) {
        agent.handle(input, at: network.now)
        while let output = agent.nextOutput() {
            switch output {
            case .transmit(let bytes, let from, let to):
                #expect(addresses.contains(from), "sent from a socket that there is not")
                network.send(bytes, from: from, to: to, by: self)
            case .candidate(let candidate):
                #expect(!isGatheringComplete, "a candidate after the last")
                candidates.append(candidate)
                onCandidate(candidate)
            case .gatheringComplete:
                #expect(!isGatheringComplete)
                isGatheringComplete = true
                gatheringCompleted = network.now
                onGatheringComplete()
            case .state(let state):
                #expect(states.last?.state != state)
                states.append((state, network.now))
            case .selectedPair(let path): selected.append(path)
            }
        }
        if let deadline = agent.deadline { #expect(deadline > network.now, "drained, and wants to wake at once") }
    }

    var state: ICEState { agent.state }
    var isConnected: Bool { state == .connected || state == .completed }

    func time(of state: ICEState) -> Instant? { states.first { $0.state == state }?.at }

    /// Names the addresses to the agent.
    func gather(servers: [TransportAddress] = []) {
        for server in servers { handle(.stunServer(server)) }
        for address in addresses { handle(.localAddress(address)) }
        handle(.localAddressesComplete)
    }

    func add(_ address: TransportAddress) {
        addresses.append(address)
        handle(.localAddress(address))
    }

    func remove(_ address: TransportAddress) {
        addresses.removeAll { $0 == address }
        handle(.localAddressGone(address))
    }

    /// Signals what this peer has and will find to the other, at once.
    func trickle(to other: Peer) {
        other.handle(.remoteCredentials(agent.localCredentials))
        for candidate in candidates where candidate.usernameFragment == agent.localCredentials.usernameFragment {
            other.handle(.remoteCandidate(candidate))
        }
        if isGatheringComplete { other.handle(.remoteEndOfCandidates) }
        onCandidate = { [unowned other] in other.handle(.remoteCandidate($0)) }
        onGatheringComplete = { [unowned other] in other.handle(.remoteEndOfCandidates) }
    }

    func restart(_ seed: UInt64) {
        isGatheringComplete = false
        onCandidate = { _ in }
        onGatheringComplete = {}
        var random = RandomSource.seeded(seed)
        handle(.restart(ICECredentials(random: &random)))
    }
}

/// Two peers that hear of each other at once, the first controlling.
func connect(_ left: Peer, _ right: Peer) {
    left.trickle(to: right)
    right.trickle(to: left)
}
