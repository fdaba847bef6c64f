/// An Opus packet as RTP payload: the packet itself (RFC 7587 section 4.2), whose first byte tells its duration.
public enum OpusPayload {
    /// RTP timestamps of Opus count at this rate whatever the codec's bandwidth (RFC 7587 section 4.1).
    public static let clockRate: UInt32 = 48_000

    /// The duration of a packet in samples at 48 kHz (RFC 6716 section 3.1), at most 5760; `nil` if it is no valid packet.
    public static func sampleCount(of packet: [UInt8]) -> Int? {
        guard let toc = packet.first else { return nil }
        let configuration = Int(toc >> 3)
        let frame =
            switch configuration {
            case 0..<12: [480, 960, 1920, 2880][configuration % 4]
            case 12..<16: [480, 960][configuration % 2]
            default: [120, 240, 480, 960][configuration % 4]
            }
        let count: Int
        switch toc & 3 {
        case 0: count = 1
        case 1, 2: count = 2
        default:
            guard packet.count >= 2 else { return nil }
            count = Int(packet[1] & 0x3f)
        }
        // RFC 6716 section 3.2.5: one to as many frames as make 120 ms.
        guard count > 0, frame * count <= 5760 else { return nil }
        return frame * count
    }

    /// Whether the packet says nothing but "silence goes on": one or two bytes, as the encoder makes them in DTX.
    public static func isDTX(_ packet: [UInt8]) -> Bool { packet.count <= 2 }
}
