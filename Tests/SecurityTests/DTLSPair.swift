import Glibc
import Security
import Wire

/// Two sessions, and the network between them.
final class DTLSPair {
    enum End { case client, server }

    let client: any DTLSSession
    let server: any DTLSSession
    var clientConnection: DTLSConnection?
    var serverConnection: DTLSConnection?
    var clientEnd: DTLSOutput?
    var serverEnd: DTLSOutput?
    /// Every datagram that was sent, in order, before the network saw it.
    var sent: [(from: End, bytes: [UInt8])] = []
    /// What the network makes of a datagram.
    var network: (End, [UInt8]) -> [[UInt8]] = { _, bytes in [bytes] }
    private(set) var lastInput = Instant.zero
    private var underway: [(to: End, bytes: [UInt8])] = []
    private let clock = ContinuousClock()
    private let origin: ContinuousClock.Instant

    init(client: any DTLSSession, server: any DTLSSession) {
        (self.client, self.server) = (client, server)
        origin = clock.now
    }

    convenience init(
        clientOptions: OpenSSLDTLSSession.Options = .init(), serverOptions: OpenSSLDTLSSession.Options = .init(),
        clientCertificate: Certificate? = nil, serverCertificate: Certificate? = nil,
        network: @escaping (End, [UInt8]) -> [[UInt8]] = { _, bytes in [bytes] }
    ) throws {
        let (a, b) = (try clientCertificate ?? Certificate(), try serverCertificate ?? Certificate())
        self.init(
            client: OpenSSLDTLSSession(certificate: a, options: clientOptions),
            server: OpenSSLDTLSSession(certificate: b, options: serverOptions))
        self.network = network
        start(clientExpects: [b.fingerprint], serverExpects: [a.fingerprint])
    }

    func start(clientExpects: [Fingerprint], serverExpects: [Fingerprint]) {
        give(.start(role: .server, remoteFingerprints: serverExpects), to: .server)
        give(.start(role: .client, remoteFingerprints: clientExpects), to: .client)
    }

    var now: Instant { Instant(nanoseconds: origin.duration(to: clock.now).nanoseconds) }
    var isConnected: Bool { clientConnection != nil && serverConnection != nil }

    func session(_ end: End) -> any DTLSSession { end == .client ? client : server }

    func give(_ input: DTLSInput, to end: End) {
        lastInput = now
        session(end).handle(input, at: lastInput)
        drain(end)
    }

    /// Puts a datagram on its way to `end`, past the network's model.
    func inject(_ bytes: [UInt8], to end: End) {
        underway.append((end, bytes))
    }

    private func drain(_ end: End) {
        while let output = session(end).nextOutput() {
            switch output {
            case .transmit(let bytes):
                sent.append((end, bytes))
                for copy in network(end, bytes) { underway.append((end == .client ? .server : .client, copy)) }
            case .connected(let connection):
                if end == .client { clientConnection = connection } else { serverConnection = connection }
            case .closed, .failed:
                if end == .client { clientEnd = output } else { serverEnd = output }
            }
        }
    }

    /// Delivers what is under way, and what answers it, without waiting.
    func settle() {
        while !underway.isEmpty {
            let (end, bytes) = underway.removeFirst()
            give(.datagram(bytes), to: end)
        }
    }

    /// Runs until `condition` holds, waiting for the sessions' own deadlines; `false` if neither has one, or after 20 of them.
    ///
    /// Waits in its thread: tests that keep the pool of threads busy would else make a session miss its deadlines by seconds.
    func run(until condition: (DTLSPair) -> Bool) -> Bool {
        for _ in 0..<20 {
            settle()
            if condition(self) { return true }
            guard let deadline = earliest(client.deadline, server.deadline) else { return false }
            while now < deadline { poll(nil, 0, Int32(clamping: Int((deadline - now).milliseconds.rounded(.up)))) }
            for end in [End.client, .server] where session(end).deadline.map({ $0 <= now }) ?? false { give(.timeout, to: end) }
        }
        return false
    }
}
