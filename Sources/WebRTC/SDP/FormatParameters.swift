/// The parameters of one `a=fmtp` line: `minptime=10;useinbandfec=1` (RFC 8866 section 6.15).
///
/// They describe what the line's writer can receive or wants; names compare without regard to case.
public struct FormatParameters: Hashable, Sendable, CustomStringConvertible {
    public struct Entry: Hashable, Sendable {
        public var name: String
        /// `nil` for formats that are no list of pairs, like `111/111` of RED.
        public var value: String?
    }

    public private(set) var entries: [Entry]

    /// No parameters.
    public init() {
        entries = []
    }

    /// Parses what follows the payload type.
    public init(parsing text: some StringProtocol) {
        entries = text.fields(";").compactMap { part in
            let (name, value) = part.divided(at: "=")
            let trimmed = name.trimmed()
            guard !trimmed.isEmpty else { return nil }
            return Entry(name: String(trimmed), value: value.map { String($0.trimmed()) })
        }
    }

    public var isEmpty: Bool { entries.isEmpty }

    /// Setting `nil` leaves the parameter out.
    public subscript(name: String) -> String? {
        get { entries.first { $0.name.matches(name) }?.value }
        set {
            let index = entries.firstIndex { $0.name.matches(name) }
            switch (index, newValue) {
            case (let index?, let value?): entries[index].value = value
            case (let index?, nil): entries.remove(at: index)
            case (nil, let value?): entries.append(Entry(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    /// The value as a number; `nil` if it is absent or none.
    public func number(_ name: String) -> Int? {
        self[name].flatMap { decimal($0, as: UInt32.self) }.map(Int.init)
    }

    /// Whether the value is `1`.
    public func flag(_ name: String) -> Bool {
        self[name] == "1"
    }

    public var description: String {
        entries.map { entry in entry.value.map { "\(entry.name)=\($0)" } ?? entry.name }.joined(separator: ";")
    }
}

extension FormatParameters {
    /// VP8: the largest frame, in macroblocks of 16x16 pixels, that the writer decodes (RFC 7741 section 6.1).
    public var maxFrameSize: Int? {
        get { number("max-fs") }
        set { self["max-fs"] = newValue.map(String.init) }
    }
    /// VP8: the highest frame rate that the writer decodes, in frames a second (RFC 7741 section 6.1).
    public var maxFrameRate: Int? {
        get { number("max-fr") }
        set { self["max-fr"] = newValue.map(String.init) }
    }
    /// Opus: the writer makes use of in-band FEC (RFC 7587 section 6.1).
    public var usesInbandFEC: Bool { flag("useinbandfec") }
    /// Opus: the writer prefers to receive stereo.
    public var prefersStereo: Bool { flag("stereo") }
    /// Opus: the writer prefers that DTX be used.
    public var prefersDTX: Bool { flag("usedtx") }
    /// Opus: the highest bitrate that the writer wants, in bits a second.
    public var maxAverageBitrate: Int? { number("maxaveragebitrate") }
    /// Opus: the highest sampling rate that the writer renders, in hertz.
    public var maxPlaybackRate: Int? { number("maxplaybackrate") }
    /// RTX: the payload type that is retransmitted (RFC 4588 section 8.1).
    public var associatedPayloadType: UInt8? { self["apt"].flatMap { decimal($0, as: UInt8.self) }.flatMap { $0 <= 127 ? $0 : nil } }
}
