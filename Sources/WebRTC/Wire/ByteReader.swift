/// Reads big-endian fields from bytes that came off the network.
///
/// Every read is checked against what is left; reading past the end throws ``ByteReader/Truncated`` and consumes nothing.
/// Inlinable, so that each packet's few fields are not read through generic code.
public struct ByteReader: Sendable {
    /// The bytes ended before the field did.
    public struct Truncated: Error, Equatable, CustomStringConvertible {
        public var needed: Int
        public var available: Int

        @inlinable init(needed: Int, available: Int) {
            self.needed = needed
            self.available = available
        }

        public var description: String { "\(needed) bytes needed, \(available) left" }
    }

    @usableFromInline let bytes: [UInt8]
    @usableFromInline let end: Int
    /// Index, in the array that the reader was made from, of the next byte to be read.
    @inlinable public var position: Int { index }
    @usableFromInline var index: Int

    @inlinable public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        index = 0
        end = bytes.count
    }

    /// Reads only `range` of the bytes, which must lie within them.
    @inlinable public init(_ bytes: [UInt8], in range: Range<Int>) throws(Truncated) {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else {
            throw Truncated(needed: range.upperBound, available: bytes.count)
        }
        self.bytes = bytes
        index = range.lowerBound
        end = range.upperBound
    }

    @inlinable public var remaining: Int { end - index }
    @inlinable public var isAtEnd: Bool { index == end }

    @inlinable func require(_ count: Int) throws(Truncated) {
        guard count >= 0, count <= remaining else { throw Truncated(needed: count, available: remaining) }
    }

    @inlinable public mutating func skip(_ count: Int) throws(Truncated) {
        try require(count)
        index += count
    }

    @inlinable public mutating func read<T: FixedWidthInteger & UnsignedInteger>(_ type: T.Type = T.self) throws(Truncated) -> T {
        let width = T.bitWidth / 8
        try require(width)
        var value: T = 0
        for byte in bytes[index..<(index + width)] {
            value = (width > 1 ? value << 8 : 0) | T(byte)
        }
        index += width
        return value
    }

    /// Reads an unsigned integer of three bytes.
    @inlinable public mutating func readUInt24() throws(Truncated) -> UInt32 {
        try require(3)
        let high = try read(UInt8.self)
        return UInt32(high) << 16 | UInt32(try read(UInt16.self))
    }

    @inlinable public mutating func readBytes(_ count: Int) throws(Truncated) -> [UInt8] {
        try require(count)
        defer { index += count }
        return Array(bytes[index..<(index + count)])
    }

    /// Reads all that is left.
    @inlinable public mutating func readRest() -> [UInt8] {
        defer { index = end }
        return Array(bytes[index..<end])
    }

    /// The next byte, not consumed.
    @inlinable public func peek() throws(Truncated) -> UInt8 {
        try require(1)
        return bytes[index]
    }

    /// A reader over the next `count` bytes, which this reader skips.
    @inlinable public mutating func readSlice(_ count: Int) throws(Truncated) -> ByteReader {
        try require(count)
        defer { index += count }
        return try ByteReader(bytes, in: index..<(index + count))
    }
}
