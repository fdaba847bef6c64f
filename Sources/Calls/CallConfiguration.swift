import Security
import Transport
import Wire

/// What holds for all calls of a ``CallClient``.
public struct CallConfiguration: Sendable {
    public var media: MediaConfiguration
    /// Names this end to the other side; one for a run of the program.
    public var certificate: Certificate
    /// STUN and TURN servers; those that the signaling server names are added.
    public var iceServers: [ICEServer]
    /// Only relays are used: the other side learns no address of this machine.
    public var isRelayOnly: Bool
    /// Whether loopback addresses are among the candidates: for calls on one machine.
    public var usesLoopback: Bool
    public var limits: CallMachine.Limits

    public init(
        media: MediaConfiguration, certificate: Certificate, iceServers: [ICEServer] = [],
        isRelayOnly: Bool = false, usesLoopback: Bool = false,
        limits: CallMachine.Limits = .init()
    ) {
        self.media = media
        self.certificate = certificate
        self.iceServers = iceServers
        self.isRelayOnly = isRelayOnly
        self.usesLoopback = usesLoopback
        self.limits = limits
    }
}
