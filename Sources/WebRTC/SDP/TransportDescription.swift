/// What a local description says of the transport that all sections share.
///
/// Other credentials than in the last local description restart ICE (RFC 9429 section 5.2.2).
public struct LocalTransportDescription: Hashable, Sendable {
    public var iceUfrag: String
    public var icePassword: String
    public var fingerprint: FingerprintAttribute
    /// Those gathered so far, each as `candidate:…`.
    public var candidates: [String]
    public var endOfCandidates: Bool

    public init(
        iceUfrag: String, icePassword: String, fingerprint: FingerprintAttribute, candidates: [String] = [],
        endOfCandidates: Bool = false
    ) {
        self.iceUfrag = iceUfrag
        self.icePassword = icePassword
        self.fingerprint = fingerprint
        self.candidates = candidates
        self.endOfCandidates = endOfCandidates
    }
}

/// What the remote description says of the transport that all sections share.
public struct RemoteTransportDescription: Hashable, Sendable {
    public var iceUfrag: String
    public var icePassword: String
    /// `trickle`, `renomination`, ….
    public var iceOptions: [String]
    /// Answers checks and makes none (RFC 8445 section 2.5).
    public var isICELite: Bool
    public var fingerprints: [FingerprintAttribute]
    /// As written: an offer has mostly actpass.
    public var setup: SetupRole?
    /// Those in the description, each as `candidate:…`.
    public var candidates: [String]
    public var endOfCandidates: Bool
    /// Of the section that carries the transport: trickled candidates name it.
    public var mid: String?
    public var mLineIndex: Int

    /// From section `index`, or, where it says nothing, from the first of its bundle that does (RFC 9143 section 7.1.3).
    /// `nil` without ICE credentials or fingerprint.
    init?(_ description: SessionDescription, section index: Int) {
        var section = description.media[index]
        if description.iceUfrag(of: section) == nil, description.isBundled(index) {
            let others = description.bundle.lazy.compactMap { description.index(mid: $0) }
            section = others.map { description.media[$0] }.first { description.iceUfrag(of: $0) != nil } ?? section
        }
        guard let ufrag = description.iceUfrag(of: section), let password = description.icePassword(of: section) else { return nil }
        let fingerprints = description.fingerprints(of: section)
        guard !fingerprints.isEmpty else { return nil }
        iceUfrag = ufrag
        icePassword = password
        iceOptions = description.iceOptions(of: section)
        isICELite = description.has("ice-lite")
        self.fingerprints = fingerprints
        setup = description.setup(of: section)
        candidates = section.candidates
        endOfCandidates = section.hasEndOfCandidates
        mid = description.media[index].mid
        mLineIndex = index
    }
}
