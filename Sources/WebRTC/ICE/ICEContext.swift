import DequeModule
import STUN
import Wire

/// What belongs to the agent and not to one ICE generation: all that the parts of the agent share.
struct ICEContext: Sendable {
    let configuration: ICEConfiguration
    var random: RandomSource
    var role: ICERole
    /// Decides role conflicts (RFC 8445 section 16.1).
    var tieBreaker: UInt64
    var gatherer = ICEGatherer()
    var outputs: Deque<ICEAgent.Output> = []
    var dropped = ICEStatistics.DroppedPackets()

    init(configuration: ICEConfiguration, random: RandomSource, role: ICERole) {
        self.configuration = configuration
        self.random = random
        self.role = role
        tieBreaker = self.random.next()
    }

    mutating func transmit(_ bytes: [UInt8], from local: TransportAddress, to remote: TransportAddress) {
        outputs.append(.transmit(bytes, from: local, to: remote))
    }

    /// The base period times 0.8 to 1.2.
    mutating func jittered(_ period: Duration) -> Duration {
        .nanoseconds(period.nanoseconds / 1000 * Int64.random(in: 800...1200, using: &random))
    }
}
