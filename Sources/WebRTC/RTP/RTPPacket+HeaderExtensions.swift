import Wire

/// The identifiers negotiated for the header extensions that the streams write and read; `nil` for one not negotiated.
public struct HeaderExtensionIDs: Hashable, Sendable {
    /// urn:ietf:params:rtp-hdrext:sdes:mid
    public var mid: UInt8?
    /// http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
    public var absoluteSendTime: UInt8?
    /// http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
    public var transportSequenceNumber: UInt8?
    /// urn:ietf:params:rtp-hdrext:ssrc-audio-level
    public var audioLevel: UInt8?

    public init(mid: UInt8? = nil, absoluteSendTime: UInt8? = nil, transportSequenceNumber: UInt8? = nil, audioLevel: UInt8? = nil) {
        self.mid = mid
        self.absoluteSendTime = absoluteSendTime
        self.transportSequenceNumber = transportSequenceNumber
        self.audioLevel = audioLevel
    }
}

/// How loud a packet's audio is (RFC 6464).
public struct AudioLevel: Hashable, Sendable {
    /// 0 (loudest) ... 127 (silence): the level is minus this many dBov.
    public var level: UInt8
    /// Whether the sender believes the packet to hold speech.
    public var voiceActivity: Bool

    public init(level: UInt8, voiceActivity: Bool) {
        self.level = level
        self.voiceActivity = voiceActivity
    }

    var byte: UInt8 { (voiceActivity ? 0x80 : 0) | min(127, level) }
}

/// A time of sending in seconds as 6.18 fixed point, which wraps every 64 s (the abs-send-time extension).
public struct AbsoluteSendTime: Hashable, Sendable {
    /// 24 bits.
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue & 0xff_ffff }

    public init(_ instant: Instant) {
        let (seconds, nanoseconds) = instant.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        self.init(rawValue: UInt32(truncatingIfNeeded: seconds << 18 &+ (nanoseconds << 18) / 1_000_000_000))
    }

    /// The time from `earlier` to this one, at most 32 s in either direction.
    public func elapsed(since earlier: AbsoluteSendTime) -> Duration {
        let difference = Int64((rawValue &- earlier.rawValue) & 0xff_ffff)
        let signed = difference >= 1 << 23 ? difference - 1 << 24 : difference
        return .nanoseconds(signed * 1_000_000_000 / (1 << 18))
    }

    var bytes: [UInt8] {
        [UInt8(truncatingIfNeeded: rawValue >> 16), UInt8(truncatingIfNeeded: rawValue >> 8), UInt8(truncatingIfNeeded: rawValue)]
    }
}

extension RTPPacket {
    /// The identification tag of the m-line that the packet belongs to (RFC 9143 section 15); `nil` if absent or empty.
    public func mid(id: UInt8) -> String? {
        guard let value = extensions[id], !value.isEmpty else { return nil }
        return String(decoding: value, as: UTF8.self)
    }

    /// Sets the MID; only its first 255 bytes are written.
    public mutating func setMID(_ mid: String, id: UInt8) { extensions[id] = Array(mid.utf8.prefix(255)) }

    public func absoluteSendTime(id: UInt8) -> AbsoluteSendTime? {
        extensions.unsigned(id, byteCount: 3).map { AbsoluteSendTime(rawValue: UInt32($0)) }
    }

    public mutating func setAbsoluteSendTime(_ time: AbsoluteSendTime, id: UInt8) { extensions[id] = time.bytes }

    public func transportSequenceNumber(id: UInt8) -> UInt16? { extensions.unsigned(id, byteCount: 2).map { UInt16($0) } }

    public mutating func setTransportSequenceNumber(_ number: UInt16, id: UInt8) {
        extensions[id] = [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)]
    }

    public func audioLevel(id: UInt8) -> AudioLevel? {
        // RFC 6464 section 3: the two-byte form may carry a padding byte behind.
        guard let value = extensions[id], let byte = value.first, value.count <= 2 else { return nil }
        return AudioLevel(level: byte & 0x7f, voiceActivity: byte & 0x80 != 0)
    }

    public mutating func setAudioLevel(_ level: AudioLevel, id: UInt8) {
        extensions[id] = [level.byte]
    }

    /// Writes the time of sending into bytes that were encoded with a place for it.
    @discardableResult public static func overwriteAbsoluteSendTime(_ time: AbsoluteSendTime, id: UInt8, in bytes: inout [UInt8]) -> Bool {
        overwriteExtension(id, with: time.bytes, in: &bytes)
    }

    /// Writes the transport-wide sequence number into bytes that were encoded with a place for it.
    @discardableResult public static func overwriteTransportSequenceNumber(_ number: UInt16, id: UInt8, in bytes: inout [UInt8]) -> Bool {
        overwriteExtension(id, with: [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)], in: &bytes)
    }
}
