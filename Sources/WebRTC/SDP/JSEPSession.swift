/// The offer/answer rules of RFC 9429, without transports: unified plan, one bundled transport, trickle ICE, rtcp-mux.
///
/// A session holds transceivers, makes descriptions of them, and works out what two descriptions agree on. It keeps no
/// clock and no randomness; SSRCs, credentials and the session id are handed in. A description that breaks the rules is
/// refused as a whole and changes nothing.
///
/// ```swift
/// var caller = JSEPSession(configuration: JSEPConfiguration(sessionID: 1, isPolite: false))
/// let id = caller.addTransceiver(kind: .audio, direction: .sendrecv, sender: identity)
/// let offer = try caller.createOffer(transport)
/// try caller.setLocal(.offer, offer)                       // send String(describing: offer)
///
/// var callee = JSEPSession(configuration: JSEPConfiguration(sessionID: 2, isPolite: true))
/// callee.addTransceiver(kind: .audio, direction: .sendrecv, sender: itsIdentity)
/// let change = try callee.setRemote(.offer, SessionDescription(parsing: text))
/// if let remote = change.remoteTransport { … }             // credentials, fingerprints, candidates
/// let answer = try callee.createAnswer(itsTransport)
/// let settled = try callee.setLocal(.answer, answer)       // settled.changed, settled.dtlsRole
/// let media = callee.transceivers[0].negotiated            // payload types, extensions, feedback
///
/// try caller.setRemote(.answer, SessionDescription(parsing: answerText))
/// ```
///
/// In a collision `setRemote(.offer, …)` follows perfect negotiation: the polite side rolls its own offer back and takes
/// the other's, the impolite side ignores it (``NegotiationChange/isIgnored``). Whenever the state is stable again, look at
/// ``negotiationNeeded``. Not supported: provisional answers, data channels (their section is rejected), simulcast.
public struct JSEPSession: Sendable {
    public internal(set) var configuration: JSEPConfiguration
    public internal(set) var signalingState = SignalingState.stable
    /// In the order in which they were made; those that both sides gave up are gone.
    public internal(set) var transceivers: [Transceiver] = []

    public internal(set) var currentLocalDescription: SessionDescription?
    public internal(set) var pendingLocalDescription: SessionDescription?
    public internal(set) var currentRemoteDescription: SessionDescription?
    public internal(set) var pendingRemoteDescription: SessionDescription?

    /// The role in DTLS, active (client) or passive (server); `nil` before the first answer.
    public internal(set) var dtlsRole: SetupRole?

    var nextTransceiverID = 0
    var nextMID = 0
    var sessionVersion: UInt64 = 1
    /// The section that carries the transport since the last answer.
    var currentTransportIndex: Int?
    var currentAnswerIsLocal = false
    /// What a rollback returns to; `nil` while stable.
    var beforeOffer: Associations?
    /// The ICE ufrags of the offer that was ignored last, until a description is applied.
    var ignoredUfrags: Set<String>?
    /// The local ufrag that a requested ICE restart replaces.
    var ufragToReplace: String?

    /// Which transceivers there were when an offer was applied, and the sections that they were tied to.
    struct Associations: Sendable {
        var mids: [Int: String] = [:]
        var indices: [Int: Int] = [:]
        /// Made by the remote offer.
        var added: Set<Int> = []
    }

    public init(configuration: JSEPConfiguration) {
        self.configuration = configuration
    }

    public var localDescription: SessionDescription? { pendingLocalDescription ?? currentLocalDescription }
    public var remoteDescription: SessionDescription? { pendingRemoteDescription ?? currentRemoteDescription }

    public func transceiver(_ id: Int) -> Transceiver? {
        transceivers.first { $0.id == id }
    }

    /// Adds a transceiver, to be offered next or to be matched with the first fitting section of a remote offer.
    ///
    /// - Returns: its id. `nil` if there are ``SDPLimits/mediaSections`` already.
    @discardableResult
    public mutating func addTransceiver(kind: MediaKind, direction: MediaDirection, sender: SenderIdentity?) -> Int? {
        guard transceivers.count < SDPLimits.mediaSections else { return nil }
        defer { nextTransceiverID += 1 }
        transceivers.append(Transceiver(id: nextTransceiverID, kind: kind, direction: direction, sender: sender))
        return nextTransceiverID
    }

    /// Changes what is wanted; takes effect with the next negotiation. An unknown id is ignored.
    public mutating func setDirection(_ direction: MediaDirection, of id: Int) {
        update(id) { $0.direction = direction }
    }

    /// Sets under which names the transceiver sends; `nil` takes the ability away. An unknown id is ignored.
    public mutating func setSender(_ sender: SenderIdentity?, of id: Int) {
        update(id) { $0.sender = sender }
    }

    /// Changes what this side's decoder of a codec takes, or wants: told with the next description. An unknown name is ignored.
    public mutating func setParameters(of codec: String, _ change: (inout FormatParameters) -> Void) {
        guard let index = configuration.codecs.firstIndex(where: { $0.name.matches(codec) }) else { return }
        change(&configuration.codecs[index].parameters)
    }

    /// Gives a transceiver up: at once if it was never offered, else with the next negotiation.
    public mutating func stop(_ id: Int) {
        update(id) { $0.isStopping = true }
        transceivers.removeAll { $0.isStopping && $0.mLineIndex == nil }
    }

    /// Ends the session: nothing is made or applied any more.
    public mutating func close() {
        signalingState = .closed
    }

    mutating func update(_ id: Int, _ change: (inout Transceiver) -> Void) {
        guard let index = transceivers.firstIndex(where: { $0.id == id }) else { return }
        change(&transceivers[index])
    }

    /// The index in ``transceivers`` of the one tied to section `index`.
    func position(section index: Int) -> Int? {
        transceivers.firstIndex { $0.mLineIndex == index }
    }

    func require(_ states: SignalingState..., for action: String) throws(JSEPError) {
        guard !states.contains(signalingState) else { return }
        let expected = states.map(\.rawValue).joined(separator: " or ")
        throw JSEPError(.invalidState, "cannot \(action) while \(signalingState.rawValue), only while \(expected)")
    }
}
