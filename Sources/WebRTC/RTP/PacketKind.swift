/// What a datagram on a WebRTC transport is, by its first two bytes (RFC 7983 section 7 and RFC 5761 section 4).
public enum PacketKind: Hashable, Sendable {
    case stun
    case dtls
    case turnChannel
    case rtp
    case rtcp
    /// ZRTP, or nothing that is known: drop it.
    case unknown

    public init(classifying datagram: [UInt8]) {
        guard let first = datagram.first else {
            self = .unknown
            return
        }
        switch first {
        case 0...3: self = .stun
        case 20...63: self = .dtls
        case 64...79: self = .turnChannel
        case 128...191:
            guard datagram.count >= 2 else {
                self = .unknown
                return
            }
            // The whole second byte: RTCP types 192...223 are what RTP payload types 64...95 with the marker would be.
            self = (192...223).contains(datagram[1]) ? .rtcp : .rtp
        default: self = .unknown
        }
    }
}
