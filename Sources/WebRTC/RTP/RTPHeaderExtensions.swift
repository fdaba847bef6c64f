import Wire

/// The header extension elements of one packet: identifiers as negotiated in SDP, and bytes (RFC 8285).
///
/// An identifier occurs at most once. All elements share one array, so a packet costs one allocation for them.
public struct RTPHeaderExtensions: Hashable, Sendable {
    /// Elements one after the other: identifier, length, value.
    private var storage: [UInt8] = []

    public init() {}

    public var isEmpty: Bool { storage.isEmpty }

    /// The identifiers in the order in which they are written.
    public var identifiers: [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < storage.count {
            result.append(storage[index])
            index += 2 + Int(storage[index + 1])
        }
        return result
    }

    /// The value of an element.
    ///
    /// Identifiers are 1...255; only 1...14 with 1...16 bytes fit the one-byte form. Setting identifier 0 or more than
    /// 255 bytes does nothing: no form could carry them.
    public subscript(identifier: UInt8) -> [UInt8]? {
        get { valueRange(of: identifier).map { Array(storage[$0]) } }
        set {
            guard identifier != 0 else { return }
            if let value = newValue {
                guard value.count <= 255 else { return }
                if let range = valueRange(of: identifier) {
                    storage[range.lowerBound - 1] = UInt8(value.count)
                    storage.replaceSubrange(range, with: value)
                } else {
                    storage.append(identifier)
                    storage.append(UInt8(value.count))
                    storage.append(contentsOf: value)
                }
            } else if let range = valueRange(of: identifier) {
                storage.removeSubrange((range.lowerBound - 2)..<range.upperBound)
            }
        }
    }

    /// The big-endian unsigned value of an element of at most eight bytes, without an array for it.
    func unsigned(_ identifier: UInt8, byteCount: Int) -> UInt64? {
        guard let range = valueRange(of: identifier), range.count == byteCount else { return nil }
        return storage[range].reduce(0) { $0 << 8 | UInt64($1) }
    }

    private func valueRange(of identifier: UInt8) -> Range<Int>? {
        var index = 0
        while index < storage.count {
            let end = index + 2 + Int(storage[index + 1])
            if storage[index] == identifier { return (index + 2)..<end }
            index = end
        }
        return nil
    }
}

extension RTPHeaderExtensions {
    static let oneByteProfile: UInt16 = 0xbede
    /// The upper 12 bits; the lower four, "appbits", are ignored.
    static let twoByteProfile: UInt16 = 0x1000

    /// Whether all elements fit the one-byte form (RFC 8285 section 4.2).
    var fitsOneByteForm: Bool {
        var index = 0
        while index < storage.count {
            guard (1...14).contains(storage[index]), (1...16).contains(storage[index + 1]) else { return false }
            index += 2 + Int(storage[index + 1])
        }
        return true
    }

    /// The size of the whole extension in the packet: profile, length, elements, padding; 0 if there is none.
    public var encodedSize: Int {
        if storage.isEmpty { return 0 }
        let elements = fitsOneByteForm ? storage.count - identifierCount : storage.count
        return 4 + (elements + 3) / 4 * 4
    }

    private var identifierCount: Int {
        var count = 0
        var index = 0
        while index < storage.count {
            count += 1
            index += 2 + Int(storage[index + 1])
        }
        return count
    }

    func write(to writer: inout ByteWriter) {
        if storage.isEmpty { return }
        let oneByte = fitsOneByteForm
        writer.write(oneByte ? Self.oneByteProfile : Self.twoByteProfile)
        writer.write(UInt16((encodedSize - 4) / 4))
        let start = writer.count
        var index = 0
        while index < storage.count {
            let length = Int(storage[index + 1])
            if oneByte {
                writer.write(storage[index] << 4 | UInt8(length - 1))
            } else {
                writer.write(storage[index])
                writer.write(UInt8(length))
            }
            writer.write(storage[(index + 2)..<(index + 2 + length)])
            index += 2 + length
        }
        writer.writeZeros((4 - (writer.count - start) % 4) % 4)
    }

    /// Reads the elements of an extension block. An unknown profile yields none; an element that runs over the end, or an
    /// identifier that ends processing, leaves out the rest (RFC 8285 sections 4.1.2 and 4.2).
    init(profile: UInt16, block: [UInt8], in range: Range<Int>) {
        RTPHeaderExtensions.forEachElement(profile: profile, of: block, in: range) { identifier, value in
            if valueRange(of: identifier) == nil {
                storage.append(identifier)
                storage.append(UInt8(value.count))
                storage.append(contentsOf: block[value])
            }
        }
    }

    /// Calls `body` with the identifier of each element and where its value lies.
    static func forEachElement(profile: UInt16, of bytes: [UInt8], in range: Range<Int>, body: (UInt8, Range<Int>) -> Void) {
        let oneByte = profile == oneByteProfile
        guard oneByte || profile & 0xfff0 == twoByteProfile else { return }
        var index = range.lowerBound
        while index < range.upperBound {
            let identifier: UInt8
            let length: Int
            if oneByte {
                identifier = bytes[index] >> 4
                if bytes[index] == 0 {
                    index += 1
                    continue
                }
                if identifier == 0 || identifier == 15 { return }
                length = Int(bytes[index] & 0xf) + 1
                index += 1
            } else {
                identifier = bytes[index]
                index += 1
                if identifier == 0 { continue }
                guard index < range.upperBound else { return }
                length = Int(bytes[index])
                index += 1
            }
            guard range.upperBound - index >= length else { return }
            body(identifier, index..<(index + length))
            index += length
        }
    }
}
