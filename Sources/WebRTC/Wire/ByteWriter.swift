/// Writes big-endian fields. Inlinable for the reason that ``ByteReader`` is.
public struct ByteWriter: Sendable {
    @inlinable public var bytes: [UInt8] { storage }
    @usableFromInline var storage: [UInt8] = []

    @inlinable public init(reserving capacity: Int = 0) {
        storage.reserveCapacity(capacity)
    }

    @inlinable public var count: Int { storage.count }

    @inlinable public mutating func write<T: FixedWidthInteger & UnsignedInteger>(_ value: T) {
        var shift = T.bitWidth
        while shift > 0 {
            shift -= 8
            storage.append(UInt8(truncatingIfNeeded: value >> T(shift)))
        }
    }

    /// Writes the lower three bytes of `value`.
    @inlinable public mutating func writeUInt24(_ value: UInt32) {
        write(UInt8(truncatingIfNeeded: value >> 16))
        write(UInt16(truncatingIfNeeded: value))
    }

    @inlinable public mutating func write(_ other: some Sequence<UInt8>) {
        storage.append(contentsOf: other)
    }

    @inlinable public mutating func writeZeros(_ count: Int) {
        storage.append(contentsOf: repeatElement(0, count: count))
    }

    /// Fills up with zeros to a multiple of `alignment` bytes.
    @inlinable public mutating func pad(to alignment: Int) {
        writeZeros((alignment - count % alignment) % alignment)
    }

    /// Overwrites two bytes at `offset`, which must have been written before.
    @inlinable public mutating func overwrite(_ value: UInt16, at offset: Int) {
        storage[offset] = UInt8(truncatingIfNeeded: value >> 8)
        storage[offset + 1] = UInt8(truncatingIfNeeded: value)
    }
}
