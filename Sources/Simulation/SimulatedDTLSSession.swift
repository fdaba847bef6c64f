import Security
import Wire

/// Stands in for ``Security/OpenSSLDTLSSession`` in virtual time: as many flights of about the same size, the same
/// retransmission, the same outcome, and no secrecy at all.
public final class SimulatedDTLSSession: DTLSSession {
    private enum State {
        case idle
        /// A server before the client's first flight.
        case listening
        /// Sends a flight until it is answered.
        case waiting(flight: Flight)
        case connected
        case ended
    }

    private enum Flight: UInt8 {
        case clientHello = 1, serverHello, clientFinished, serverFinished

        /// What OpenSSL's flights measure with P-256 certificates.
        var size: Int {
            switch self {
            case .clientHello: 170
            case .serverHello: 650
            case .clientFinished: 550
            case .serverFinished: 75
            }
        }
    }

    private static let alert: UInt8 = 21
    private static let handshake: UInt8 = 22
    private static let firstInterval = Duration.milliseconds(50)
    private static let longestInterval = Duration.seconds(3)
    private static let limit = Duration.seconds(30)
    private static let maximumEarlyDatagrams = 8

    private let fingerprint: Fingerprint
    private let profile: SRTPProfile
    private let localRandom: [UInt8]
    private var remoteRandom: [UInt8] = []
    private var state = State.idle
    private var role = DTLSRole.client
    private var remoteFingerprints: [Fingerprint] = []
    private var early: [[UInt8]] = []
    private var outputs: [DTLSOutput] = []
    private var interval = SimulatedDTLSSession.firstInterval
    private var retransmits: Instant?
    private var givesUp: Instant?

    /// A session whose end has the certificate with `fingerprint`.
    public init(fingerprint: Fingerprint, profile: SRTPProfile = .aeadAES128GCM, random: RandomSource) {
        self.fingerprint = fingerprint
        self.profile = profile
        var random = random
        localRandom = random.bytes(32)
    }

    public convenience init(certificate: Certificate, profile: SRTPProfile = .aeadAES128GCM, random: RandomSource) {
        self.init(fingerprint: certificate.fingerprint, profile: profile, random: random)
    }

    public var deadline: Instant? { earliest(retransmits, givesUp) }

    public func nextOutput() -> DTLSOutput? {
        outputs.isEmpty ? nil : outputs.removeFirst()
    }

    public func handle(_ input: DTLSInput, at now: Instant) {
        switch (input, state) {
        case (.start(let role, let fingerprints), .idle): start(role, fingerprints, at: now)
        case (.datagram(let bytes), .idle):
            if early.count < Self.maximumEarlyDatagrams { early.append(bytes) }
        case (.datagram(let bytes), _): receive(bytes, at: now)
        case (.close, .ended): break
        case (.close, _):
            if case .connected = state { outputs.append(.transmit([Self.alert, 0])) }
            end(.closed)
        case (.timeout, _), (.start, _): break
        }
        // Whatever came, what is due is done: the deadline never lies in the past.
        timeout(at: now)
    }

    private func start(_ role: DTLSRole, _ fingerprints: [Fingerprint], at now: Instant) {
        self.role = role
        remoteFingerprints = fingerprints
        givesUp = now + Self.limit
        state = .listening
        if role == .client { send(.clientHello, at: now) }
        for datagram in early { receive(datagram, at: now) }
        early = []
    }

    private func timeout(at now: Instant) {
        if let givesUp, now >= givesUp { return end(.failed(.timedOut(seconds: 30))) }
        guard case .waiting(let flight) = state, let retransmits, now >= retransmits else { return }
        interval = min(interval * 2, Self.longestInterval)
        transmit(flight)
        self.retransmits = now + interval
    }

    private func receive(_ bytes: [UInt8], at now: Instant) {
        if bytes == [Self.alert, 0] {
            switch state {
            case .connected, .waiting: return end(.closed)
            case .idle, .listening, .ended: return
            }
        }
        guard let message = Message(bytes), let flight = Flight(rawValue: message.flight) else { return }
        switch (flight, state) {
        case (.clientHello, .listening):
            remoteRandom = message.random
            send(.serverHello, at: now)
        case (.serverHello, .waiting(.clientHello)):
            remoteRandom = message.random
            guard verify(message.fingerprint) else { return }
            send(.clientFinished, at: now)
        case (.clientFinished, .waiting(.serverHello)):
            guard verify(message.fingerprint) else { return }
            transmit(.serverFinished)
            connect()
        // Our last flight was lost.
        case (.clientFinished, .connected) where role == .server: transmit(.serverFinished)
        case (.serverFinished, .waiting(.clientFinished)): connect()
        default: break
        }
    }

    private func verify(_ fingerprint: Fingerprint) -> Bool {
        if remoteFingerprints.contains(fingerprint) { return true }
        outputs.append(.transmit([Self.alert, 0]))
        end(.failed(.wrongCertificate(fingerprint)))
        return false
    }

    private func send(_ flight: Flight, at now: Instant) {
        state = .waiting(flight: flight)
        interval = Self.firstInterval
        retransmits = now + interval
        transmit(flight)
    }

    private func transmit(_ flight: Flight) {
        let message = Message(flight: flight.rawValue, random: localRandom, fingerprint: fingerprint)
        outputs.append(.transmit(message.encoded(type: Self.handshake, size: flight.size)))
    }

    private func connect() {
        state = .connected
        (retransmits, givesUp) = (nil, nil)
        let secret = role == .client ? localRandom + remoteRandom : remoteRandom + localRandom
        let blocks = (0..<4 as Range<UInt8>).flatMap { HMAC.sha256(key: secret, message: [$0]) }
        let material = Array(blocks.prefix(SRTPKeys.materialLength(profile)))
        guard let keys = SRTPKeys(profile: profile, material: material, role: role) else { return end(.failed(.noCommonProfile)) }
        outputs.append(.connected(DTLSConnection(keys: keys, cipher: "SIMULATED", version: "FEFD", role: role)))
    }

    private func end(_ output: DTLSOutput) {
        state = .ended
        (retransmits, givesUp) = (nil, nil)
        outputs.append(output)
    }
}

/// A flight: type, number, random, fingerprint, padding.
private struct Message {
    var flight: UInt8
    var random: [UInt8]
    var fingerprint: Fingerprint

    init(flight: UInt8, random: [UInt8], fingerprint: Fingerprint) {
        self.flight = flight
        self.random = random
        self.fingerprint = fingerprint
    }

    init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard (try? reader.read(UInt8.self)) == 22, let flight = try? reader.read(UInt8.self),
            let random = try? reader.readBytes(32), let length = try? reader.read(UInt8.self),
            let text = try? reader.readBytes(Int(length)), let fingerprint = Fingerprint(String(decoding: text, as: UTF8.self))
        else { return nil }
        self.init(flight: flight, random: random, fingerprint: fingerprint)
    }

    func encoded(type: UInt8, size: Int) -> [UInt8] {
        // "sha-512" and 64 bytes in hexadecimal make 199 characters: the length fits a byte.
        let text = Array(fingerprint.description.utf8.prefix(255))
        let bytes = [type, flight] + random + [UInt8(text.count)] + text
        return bytes + [UInt8](repeating: 0, count: max(0, size - bytes.count))
    }
}
