import Congestion
import ICE
import RTP
import SDP
import STUN
import Security
import Wire

extension PeerConnection {
    /// Sorts a datagram by its first bytes (RFC 7983) to whom it is for.
    func receive(_ bytes: [UInt8], from remote: TransportAddress, to local: TransportAddress, at now: Instant) {
        if relays.isServer(remote, at: local), !STUNMessage.isSTUN(bytes, method: .binding) {
            relays.handle(.datagram(bytes, from: remote, to: local), at: now)
            return
        }
        let kind = PacketKind(classifying: bytes)
        if kind == .stun {
            ice.handle(.datagram(bytes, from: remote, to: local), at: now)
            return
        }
        guard ice.accepts(from: remote, to: local) else {
            counters.strayDatagrams += 1
            return
        }
        switch kind {
        case .dtls:
            dtlsPath = (local, remote)
            receiveDTLS(bytes, at: now)
        case .rtp: if receiveSRTP(bytes, at: now) { ice.heard(from: remote, to: local, at: now) }
        case .rtcp: if receiveSRTCP(bytes, at: now) { ice.heard(from: remote, to: local, at: now) }
        case .stun, .turnChannel, .unknown: counters.strayDatagrams += 1
        }
    }

    func runTimers(at now: Instant) {
        if let deadline = relays.deadline, deadline <= now { relays.handle(.timeout, at: now) }
        if let deadline = ice.deadline, deadline <= now { ice.handle(.timeout, at: now) }
        if let dtls, let deadline = dtls.deadline, deadline <= now { dtls.handle(.timeout, at: now) }
        runMediaTimers(at: now)
    }

    /// Takes what the machines within have to say, until none says more.
    func pump(at now: Instant) {
        describeCandidates()
        while pumpRelays(at: now) || pumpICE(at: now) || pumpDTLS(at: now) {}
        guard relays.isGathering != awaitsRelays else { return }
        awaitsRelays = relays.isGathering
        ice.handle(.relaysPending(awaitsRelays), at: now)
        while pumpICE(at: now) {}
    }

    private func pumpRelays(at now: Instant) -> Bool {
        guard let output = relays.nextOutput() else { return false }
        switch output {
        case .transmit(let bytes, let local, let remote): outputs.append(.transmit(bytes, from: local, to: remote))
        case .openStream(let id, let address, let isTLS, let name):
            outputs.append(.openStream(id, to: address, isTLS: isTLS, name: name))
        case .writeStream(let id, let bytes): outputs.append(.writeStream(id, bytes))
        case .closeStream(let id): outputs.append(.closeStream(id))
        case .relayed(let address, let mapped, let preference):
            ice.handle(.relayedAddress(address, mapped: mapped, preference: preference), at: now)
        case .relayedGone(let address): ice.handle(.localAddressGone(address), at: now)
        case .data(let bytes, let remote, let local): receive(bytes, from: remote, to: local, at: now)
        }
        return true
    }

    private func pumpICE(at now: Instant) -> Bool {
        guard let output = ice.nextOutput() else { return false }
        switch output {
        case .transmit(let bytes, let local, let remote): outputs.append(.transmit(bytes, from: local, to: remote))
        case .candidate(let candidate):
            undescribedCandidates.append(candidate)
            describeCandidates()
        case .gatheringComplete:
            undescribedCandidates.append(nil)
            describeCandidates()
        case .state(let state):
            iceState = state
            updateState()
        case .selectedPair:
            counters.selectedCandidatePairChanges += 1
            congestion.handle(.pathChanged, at: now)
            if let time = ice.statistics.selectedPair?.currentRoundTripTime { congestion.handle(.roundTripTime(time), at: now) }
        }
        startDTLSIfPossible(at: now)
        return true
    }

    /// Gives candidates out as soon as there is a description that says which section they belong to.
    private func describeCandidates() {
        guard !undescribedCandidates.isEmpty, let section = jsep.transportSection else { return }
        for candidate in undescribedCandidates {
            outputs.append(
                .candidate(
                    candidate.map {
                        LocalCandidate(
                            candidate: String(describing: $0), sdpMid: section.mid, sdpMLineIndex: section.mLineIndex,
                            usernameFragment: $0.usernameFragment ?? iceCredentials.usernameFragment)
                    }))
        }
        undescribedCandidates = []
    }

    // MARK: - DTLS

    private func receiveDTLS(_ bytes: [UInt8], at now: Instant) {
        session().handle(.datagram(bytes), at: now)
    }

    /// The key exchange, which keeps datagrams that come before it is started.
    private func session() -> any DTLSSession {
        if let dtls { return dtls }
        let session = configuration.makeDTLSSession(configuration.certificate)
        dtls = session
        return session
    }

    /// The server waits as soon as it knows the other side's fingerprint; the client speaks as soon as there is a path.
    func startDTLSIfPossible(at now: Instant) {
        guard !isDTLSStarted, let role = jsep.dtlsRole, !remoteFingerprints.isEmpty else { return }
        let isClient = role == .active
        guard !isClient || ice.sendPath != nil else { return }
        isDTLSStarted = true
        session().handle(.start(role: isClient ? .client : .server, remoteFingerprints: remoteFingerprints), at: now)
    }

    /// The other side has a new certificate: new keys have to be agreed on.
    func forgetDTLS() {
        dtls = nil
        dtlsConnection = nil
        srtp = nil
        isDTLSStarted = false
    }

    private func pumpDTLS(at now: Instant) -> Bool {
        guard let output = dtls?.nextOutput() else { return false }
        switch output {
        case .transmit(let bytes):
            if let path = ice.sendPath {
                outputs.append(.transmit(bytes, from: path.local, to: path.remote))
            } else if let path = dtlsPath {
                outputs.append(.transmit(bytes, from: path.local, to: path.remote))
            }
        case .connected(let connection):
            do throws(SRTPError) {
                srtp = try SRTPSession(keys: connection.keys)
                dtlsConnection = connection
                reportDeadline = now
                updateState()
                let early = earlyPackets
                earlyPackets = []
                for packet in early { receiveSRTP(packet, at: now) }
                // The first report is due: timers have run before this.
                runMediaTimers(at: now)
            } catch {
                fail("the media keys cannot be used: \(error)")
            }
        case .closed: change(to: .closed)
        case .failed(let error): fail(String(describing: error))
        }
        return true
    }

    func close(at now: Instant) {
        sendGoodbye(at: now)
        if let dtls {
            dtls.handle(.close, at: now)
            pump(at: now)
        }
        state = .closed
    }

    // MARK: - State

    private func updateState() {
        switch iceState {
        case .failed: fail(pathDiagnosis)
        case .disconnected: change(to: .disconnected)
        case .new: break
        case .checking: if dtlsConnection == nil { change(to: .connecting) }
        case .connected, .completed: change(to: dtlsConnection == nil ? .connecting : .connected)
        }
    }

    private func fail(_ why: String) {
        change(to: .failed(why))
    }

    private func change(to new: ConnectionState) {
        if case .failed = state { return }
        guard new != state, state != .closed else { return }
        state = new
        outputs.append(.state(new))
    }

    // MARK: - SRTP

    /// Packets kept until there are keys: media may overtake the last flight of the handshake.
    private static let maximumEarlyPackets = 50

    /// - Returns: whether the packet is of the other side's.
    @discardableResult
    private func receiveSRTP(_ bytes: [UInt8], at now: Instant) -> Bool {
        guard let srtp else {
            if earlyPackets.count < Self.maximumEarlyPackets { earlyPackets.append(bytes) }
            return false
        }
        var packet = bytes
        do throws(SRTPError) { try srtp.unprotect(&packet) } catch {
            counters.count(error)
            return false
        }
        counters.packetsReceived += 1
        counters.bytesReceived += bytes.count
        do throws(RTPError) { receive(try RTPPacket(parsing: packet), at: now) } catch { counters.malformedPackets += 1 }
        return true
    }

    /// - Returns: whether the packet is of the other side's.
    private func receiveSRTCP(_ bytes: [UInt8], at now: Instant) -> Bool {
        guard let srtp else {
            counters.strayDatagrams += 1
            return false
        }
        var packet = bytes
        do throws(SRTPError) { try srtp.unprotectRTCP(&packet) } catch {
            counters.count(error)
            return false
        }
        counters.bytesReceived += bytes.count
        receive(RTCPCompound(parsing: packet), at: now)
        return true
    }

    /// Protects an RTP packet and sends it.
    ///
    /// - Returns: whether there are keys and a path.
    func transmit(rtp packet: consuming [UInt8]) -> Bool {
        guard let srtp, let path = ice.sendPath else { return false }
        do throws(SRTPError) { try srtp.protect(&packet) } catch {
            counters.count(error)
            return false
        }
        counters.packetsSent += 1
        counters.bytesSent += packet.count
        outputs.append(.transmit(packet, from: path.local, to: path.remote))
        return true
    }

    func transmit(rtcp packets: [RTCPPacket]) {
        guard let srtp, let path = ice.sendPath, !packets.isEmpty else { return }
        var packet = RTCPPacket.encode(packets)
        do throws(SRTPError) { try srtp.protectRTCP(&packet) } catch { return counters.count(error) }
        counters.bytesSent += packet.count
        outputs.append(.transmit(packet, from: path.local, to: path.remote))
    }
}
