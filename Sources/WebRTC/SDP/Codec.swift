/// What a section carries that Glyphone can send and receive.
public enum MediaKind: String, Hashable, Sendable, CaseIterable {
    case audio, video
}

/// Feedback that Glyphone knows how to send and to answer.
public enum RTCPFeedback: String, Hashable, Sendable, CaseIterable {
    /// Requests for retransmission (RFC 4585 section 6.2.1).
    case nack
    /// Requests for a keyframe (RFC 4585 section 6.3.1).
    case nackPLI = "nack pli"
    /// Requests for a keyframe (RFC 5104 section 4.3.1).
    case ccmFIR = "ccm fir"
    /// The receiver's estimate of the bandwidth (draft-alvestrand-rmcat-remb).
    case googREMB = "goog-remb"
    /// Arrival times of all packets of the transport (draft-holmer-rmcat-transport-wide-cc-extensions).
    case transportCC = "transport-cc"
}

/// Header extensions that Glyphone writes and reads; the raw value is the URI.
public enum HeaderExtension: String, Hashable, Sendable, CaseIterable {
    /// RFC 6464.
    case audioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
    case absSendTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
    case transportWideCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
    /// RFC 9143 section 15.1.
    case mid = "urn:ietf:params:rtp-hdrext:sdes:mid"
}

/// A codec that Glyphone has, as it is offered.
public struct CodecConfiguration: Hashable, Sendable {
    public var kind: MediaKind
    public var name: String
    /// In hertz.
    public var clockRate: UInt32
    public var channels: Int
    /// Preferred where neither side has chosen another.
    public var payloadType: UInt8
    /// For retransmissions (RFC 4588); `nil` if the codec has none.
    public var rtxPayloadType: UInt8?
    /// For packets that repeat earlier ones (RFC 2198); `nil` if the codec has none.
    public var redPayloadType: UInt8?
    /// What Glyphone's decoder takes.
    public var parameters: FormatParameters
    public var feedback: [RTCPFeedback]

    public init(
        kind: MediaKind, name: String, clockRate: UInt32, channels: Int = 1, payloadType: UInt8, rtxPayloadType: UInt8? = nil,
        redPayloadType: UInt8? = nil, parameters: FormatParameters = FormatParameters(), feedback: [RTCPFeedback]
    ) {
        self.kind = kind
        self.name = name
        self.clockRate = clockRate
        self.channels = channels
        self.payloadType = payloadType
        self.rtxPayloadType = rtxPayloadType
        self.redPayloadType = redPayloadType
        self.parameters = parameters
        self.feedback = feedback
    }

    /// RFC 7587. Always two channels in SDP, whatever is sent.
    public static let opus = CodecConfiguration(
        kind: .audio, name: "opus", clockRate: 48_000, channels: 2, payloadType: 111, redPayloadType: 63,
        parameters: FormatParameters(parsing: "minptime=10;useinbandfec=1"), feedback: [.transportCC])

    /// RFC 7741. Up to 4096x2304 at 60 a second: no limit for a camera, but a word that limits are heeded here, and may be changed.
    public static let vp8 = CodecConfiguration(
        kind: .video, name: "VP8", clockRate: 90_000, payloadType: 96, rtxPayloadType: 97,
        parameters: FormatParameters(parsing: "max-fs=36864;max-fr=60"), feedback: [.googREMB, .transportCC, .ccmFIR, .nack, .nackPLI])

    func matches(_ map: RTPMap) -> Bool {
        name.matches(map.encodingName) && clockRate == map.clockRate && channels == map.channels
    }

    /// The first payload type of `section` that stands for this codec.
    func payloadType(in section: MediaDescription) -> UInt8? {
        guard section.media == kind.rawValue else { return nil }
        let maps = section.rtpMaps
        return section.payloadTypes.first { type in maps.contains { $0.payloadType == type && matches($0) } }
    }
}
