public import Codecs

/// The 64 bits that the test picture carries over its top twelfth, from which a receiver on the same machine reads how long
/// a frame travelled and whether one was lost on the way.
///
/// Two rows of 32 blocks, most significant bit first: luma 235 for 1 and 16 for 0. Row 0 is the time; row 1 the counter,
/// the flags, and a CRC-8 over the seven bytes before it.
public struct TestStamp: Hashable, Sendable {
    /// When the frame was made: Unix time in milliseconds, modulo 2^32.
    public var milliseconds: UInt32
    /// Number of the frame, modulo 2^16.
    public var counter: UInt16
    /// 0; for later use.
    public var flags: UInt8

    public init(milliseconds: UInt32, counter: UInt16, flags: UInt8 = 0) {
        self.milliseconds = milliseconds
        self.counter = counter
        self.flags = flags
    }

    /// Blocks in each row.
    static let columns = 32
    /// Height of the picture, in rows of the stamp.
    static let rowsInPicture = 24

    /// The stamp's 64 bits with their CRC.
    var bits: UInt64 {
        let content = UInt64(milliseconds) << 32 | UInt64(counter) << 16 | UInt64(flags) << 8
        return content | UInt64(Self.crc8(content))
    }

    /// Reads 64 bits; nil if the CRC is not theirs. Nothing but zeros has a good CRC too, and is what a dark picture reads as.
    init?(bits: UInt64) {
        guard bits != 0, UInt8(truncatingIfNeeded: bits) == Self.crc8(bits) else { return nil }
        milliseconds = UInt32(truncatingIfNeeded: bits >> 32)
        counter = UInt16(truncatingIfNeeded: bits >> 16)
        flags = UInt8(truncatingIfNeeded: bits >> 8)
    }

    /// CRC-8 with the polynomial 0x07 and initial value 0 over the seven most significant bytes.
    private static func crc8(_ bits: UInt64) -> UInt8 {
        var crc: UInt8 = 0
        for shift in stride(from: 56, through: 8, by: -8) {
            crc ^= UInt8(truncatingIfNeeded: bits >> UInt64(shift))
            for _ in 0..<8 { crc = crc & 0x80 == 0 ? crc << 1 : crc << 1 ^ 0x07 }
        }
        return crc
    }
}

extension TestStamp {
    /// Writes the stamp over the top twelfth of a picture.
    public func write(to picture: I420Buffer) {
        let bits = bits
        picture.withMutablePlanes { y, u, v in
            for row in 0..<2 {
                let top = row * y.height / Self.rowsInPicture
                let bottom = (row + 1) * y.height / Self.rowsInPicture
                guard top < bottom else { continue }
                let first = y.row(top)
                for column in 0..<Self.columns {
                    let isOne = bits >> UInt64(63 - row * Self.columns - column) & 1 == 1
                    let left = column * y.width / Self.columns
                    let right = (column + 1) * y.width / Self.columns
                    first[left..<right].update(repeating: isOne ? 235 : 16)
                }
                for line in top + 1..<max(bottom, top + 1) { _ = y.row(line).update(fromContentsOf: first) }
            }
            let chromaRows = (2 * y.height / Self.rowsInPicture + 1) / 2
            for line in 0..<chromaRows {
                u.row(line).update(repeating: 128)
                v.row(line).update(repeating: 128)
            }
        }
    }

    /// Reads the stamp of a picture of any size, from the mean of 3x3 samples at each block's centre against 126.
    ///
    /// - Returns: nil if the picture bears none, or a damaged one.
    public init?(reading picture: I420Buffer) {
        let bits = picture.withPlanes { y, _, _ -> UInt64? in
            guard y.width >= Self.columns, y.height >= Self.rowsInPicture else { return nil }
            var bits: UInt64 = 0
            for row in 0..<2 {
                let centreY = min(max((2 * row + 1) * y.height / (2 * Self.rowsInPicture), 1), y.height - 2)
                for column in 0..<Self.columns {
                    let centreX = min(max((2 * column + 1) * y.width / (2 * Self.columns), 1), y.width - 2)
                    var sum = 0
                    for line in centreY - 1...centreY + 1 {
                        let samples = y.row(line)
                        for x in centreX - 1...centreX + 1 { sum += Int(samples[x]) }
                    }
                    bits = bits << 1 | (sum > 126 * 9 ? 1 : 0)
                }
            }
            return bits
        }
        guard let bits, let stamp = TestStamp(bits: bits) else { return nil }
        self = stamp
    }
}
