/// A session description (RFC 8866): what one side of a call sends, can receive, and how it is reached.
///
/// Lines that have no meaning here are kept and printed again. Attributes that have one are checked when parsed, so the
/// accessors of ``MediaDescription`` find them well formed.
public struct SessionDescription: Hashable, Sendable, AttributedSection {
    /// The `o=` line: who made the session. Fields are kept as text: browsers put names of their own into them.
    public struct Origin: Hashable, Sendable, CustomStringConvertible {
        public var username: String
        public var sessionID: String
        /// Grows with each new description of the session.
        public var sessionVersion: String
        /// `IN IP4 0.0.0.0`.
        public var address: String

        public init(username: String, sessionID: String, sessionVersion: String, address: String) {
            self.username = username
            self.sessionID = sessionID
            self.sessionVersion = sessionVersion
            self.address = address
        }

        init(parsing value: some StringProtocol) throws(MalformedField) {
            let fields = value.fields(limit: 4)
            guard fields.count == 4 else { throw MalformedField("expected user, session id, version, and address") }
            self.init(
                username: String(fields[0]), sessionID: String(fields[1]), sessionVersion: String(fields[2]),
                address: String(fields[3].trimmed()))
        }

        public var description: String { "\(username) \(sessionID) \(sessionVersion) \(address)" }
    }

    public var origin: Origin
    /// The `s=` line, `-` for none.
    public var name: String
    /// The session part's lines that are no attributes, without `v=`, `o=` and `s=`.
    public var lines: [Line]
    public var attributes: [Attribute] = []
    public var media: [MediaDescription] = []

    public init(origin: Origin, name: String = "-", lines: [Line] = [Line("t", "0 0")]) {
        self.origin = origin
        self.name = name
        self.lines = lines
    }
}

extension SessionDescription {
    public var groups: [MediaGroup] {
        values(of: "group").compactMap { try? MediaGroup(parsing: $0) }
    }

    /// The mids of the BUNDLE group, the section that carries the transport first (RFC 9143); empty if there is none.
    public var bundle: [String] {
        groups.first { $0.semantics == "BUNDLE" }?.mids ?? []
    }

    /// The index of the section with that mid.
    public func index(mid: String) -> Int? {
        media.firstIndex { $0.mid == mid }
    }

    /// The value of an attribute that a section inherits from the session part unless it has its own.
    func inherited(_ name: String, in section: MediaDescription) -> String? {
        section.value(of: name) ?? value(of: name)
    }

    public func direction(of section: MediaDescription) -> MediaDirection {
        for holder in [section.attributes, attributes] {
            if let direction = holder.lazy.compactMap({ MediaDirection(rawValue: $0.name) }).first { return direction }
        }
        return .sendrecv
    }

    public func setup(of section: MediaDescription) -> SetupRole? {
        inherited("setup", in: section).flatMap(SetupRole.init(rawValue:))
    }

    /// The certificate may match any one of them.
    public func fingerprints(of section: MediaDescription) -> [FingerprintAttribute] {
        let own = section.values(of: "fingerprint")
        return (own.isEmpty ? values(of: "fingerprint") : own).compactMap { try? FingerprintAttribute(parsing: $0) }
    }

    public func iceUfrag(of section: MediaDescription) -> String? { inherited("ice-ufrag", in: section) }
    public func icePassword(of section: MediaDescription) -> String? { inherited("ice-pwd", in: section) }

    public func iceOptions(of section: MediaDescription) -> [String] {
        inherited("ice-options", in: section).map { $0.fields().map(String.init) } ?? []
    }

    /// One- and two-byte header extensions may be mixed (RFC 8285 section 6).
    public func allowsMixedExtensions(in section: MediaDescription) -> Bool {
        section.has("extmap-allow-mixed") || has("extmap-allow-mixed")
    }
}
