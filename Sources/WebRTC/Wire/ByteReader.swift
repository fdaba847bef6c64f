/// Reads big-endian fields from bytes that came off the network.
///
/// Every read is checked against what is left; reading past the end throws ``ByteReader/Truncated`` and consumes nothing.
public struct ByteReader: Sendable {
    /// The bytes ended before the field did.
    public struct Truncated: Error, Equatable, CustomStringConvertible {
        public var needed: Int
        public var available: Int

        public var description: String { "\(needed) bytes needed, \(available) left" }
    }

    private let bytes: [UInt8]
    private let end: Int
    /// Index, in the array that the reader was made from, of the next byte to be read.
    public private(set) var position: Int

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    /// Reads only `range` of the bytes, which must lie within them.
    public init(_ bytes: [UInt8], in range: Range<Int>) throws(Truncated) {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else {
            throw Truncated(needed: range.upperBound, available: bytes.count)
        }
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    public var remaining: Int { end - position }
    public var isAtEnd: Bool { position == end }

    private func require(_ count: Int) throws(Truncated) {
        guard count >= 0, count <= remaining else { throw Truncated(needed: count, available: remaining) }
    }

    public mutating func skip(_ count: Int) throws(Truncated) {
        try require(count)
        position += count
    }

    public mutating func read<T: FixedWidthInteger & UnsignedInteger>(_ type: T.Type = T.self) throws(Truncated) -> T {
        let width = T.bitWidth / 8
        try require(width)
        var value: T = 0
        for index in position..<(position + width) {
            value = (width > 1 ? value << 8 : 0) | T(bytes[index])
        }
        position += width
        return value
    }

    /// Reads an unsigned integer of three bytes.
    public mutating func readUInt24() throws(Truncated) -> UInt32 {
        try require(3)
        let high = try read(UInt8.self)
        return UInt32(high) << 16 | UInt32(try read(UInt16.self))
    }

    public mutating func readBytes(_ count: Int) throws(Truncated) -> [UInt8] {
        try require(count)
        defer { position += count }
        return Array(bytes[position..<(position + count)])
    }

    /// Reads all that is left.
    public mutating func readRest() -> [UInt8] {
        defer { position = end }
        return Array(bytes[position..<end])
    }

    /// The next byte, not consumed.
    public func peek() throws(Truncated) -> UInt8 {
        try require(1)
        return bytes[position]
    }

    /// A reader over the next `count` bytes, which this reader skips.
    public mutating func readSlice(_ count: Int) throws(Truncated) -> ByteReader {
        try require(count)
        defer { position += count }
        return try ByteReader(bytes, in: position..<(position + count))
    }
}
