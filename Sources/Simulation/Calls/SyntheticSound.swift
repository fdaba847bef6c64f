import Playout
import Wire

/// The sound of calls in virtual time: packets of the size that Opus gives them, which say whether they carry a copy of the
/// one before.
struct SyntheticSound: AudioDecoding {
    static let samples = 960

    /// A packet of 20 ms, which says when it was captured.
    static func packet(bitrate: Int, hasFEC: Bool, capturedAt: Instant) -> [UInt8] {
        // SILK and CELT together, 20 ms, one channel, one frame (RFC 6716 section 3.1).
        let header: [UInt8] = [0x78, hasFEC ? 1 : 0] + (0..<8).map { UInt8(truncatingIfNeeded: capturedAt.nanoseconds >> (56 - 8 * $0)) }
        return header + [UInt8](repeating: 0x55, count: max(1, bitrate / 50 / 8 - header.count))
    }

    static func capture(of packet: [UInt8]) -> Instant? {
        guard packet.count >= 10 else { return nil }
        return Instant(nanoseconds: packet[2..<10].reduce(Int64(0)) { $0 << 8 | Int64($1) })
    }

    func decode(_ payload: [UInt8]) throws -> [Int16] { Self.silence(Self.samples) }
    func decodeFEC(_ payload: [UInt8], samples: Int) throws -> [Int16] { Self.silence(samples) }
    func conceal(samples: Int) throws -> [Int16] { Self.silence(samples) }
    func duration(of payload: [UInt8]) -> Int { payload.first == 0x78 ? Self.samples : 0 }
    func hasFEC(_ payload: [UInt8]) -> Bool { payload.count > 1 && payload[1] == 1 }

    private static func silence(_ samples: Int) -> [Int16] { [Int16](repeating: 0, count: samples) }
}
