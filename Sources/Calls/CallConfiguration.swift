import Security
import Wire

/// What holds for all calls of a ``CallClient``.
public struct CallConfiguration: Sendable {
    public var media: MediaConfiguration
    /// Names this end to the other side; one for a run of the program.
    public var certificate: Certificate
    public var stunServers: [TransportAddress]
    /// Whether loopback addresses are among the candidates: for calls on one machine.
    public var usesLoopback: Bool
    public var limits: CallMachine.Limits

    public init(
        media: MediaConfiguration, certificate: Certificate, stunServers: [TransportAddress] = [], usesLoopback: Bool = false,
        limits: CallMachine.Limits = .init()
    ) {
        self.media = media
        self.certificate = certificate
        self.stunServers = stunServers
        self.usesLoopback = usesLoopback
        self.limits = limits
    }
}
