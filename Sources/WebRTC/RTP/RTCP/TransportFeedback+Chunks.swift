import Wire

/// Packet status chunks: run lengths, and vectors of one- or two-bit symbols (sections 3.1.1 to 3.1.4 of the draft).
extension TransportFeedback {
    private static let oneBitVectorLength = 14
    private static let twoBitVectorLength = 7
    private static let maximumRunLength = 0x1fff

    static func readSymbols(_ count: Int, from reader: inout ByteReader) throws -> [Symbol] {
        var symbols: [Symbol] = []
        symbols.reserveCapacity(count)
        while symbols.count < count {
            let chunk = try reader.read(UInt16.self)
            let left = count - symbols.count
            if chunk & 0x8000 == 0 {
                let symbol = try symbol(chunk >> 13 & 3)
                let length = Int(chunk & 0x1fff)
                guard length > 0 else { throw RTPError.malformed("transport feedback with an empty run of packets") }
                symbols.append(contentsOf: repeatElement(symbol, count: min(left, length)))
            } else if chunk & 0x4000 == 0 {
                for index in 0..<min(left, oneBitVectorLength) {
                    symbols.append(chunk >> UInt16(13 - index) & 1 == 0 ? .notReceived : .smallDelta)
                }
            } else {
                for index in 0..<min(left, twoBitVectorLength) { symbols.append(try symbol(chunk >> UInt16(12 - 2 * index) & 3)) }
            }
        }
        return symbols
    }

    private static func symbol(_ bits: UInt16) throws(RTPError) -> Symbol {
        guard let symbol = Symbol(rawValue: UInt8(truncatingIfNeeded: bits)) else {
            throw .malformed("transport feedback with the reserved packet status 3")
        }
        return symbol
    }

    /// Writes the fewest chunks that a look at each position alone can find: a run where it is longer than the vector
    /// that could stand there, else the vector.
    static func writeChunks(_ symbols: [Symbol], to writer: inout ByteWriter) {
        var index = 0
        while index < symbols.count {
            let rest = symbols[index...]
            let run = rest.prefix(maximumRunLength).prefix { $0 == symbols[index] }.count
            let oneBit = rest.prefix(oneBitVectorLength).allSatisfy { $0 != .largeDelta }
            let vectorLength = min(oneBit ? oneBitVectorLength : twoBitVectorLength, rest.count)
            if run >= vectorLength {
                writer.write(UInt16(symbols[index].rawValue) << 13 | UInt16(run))
                index += run
                continue
            }
            var chunk: UInt16 = oneBit ? 0x8000 : 0xc000
            for (position, symbol) in rest.prefix(vectorLength).enumerated() {
                let shift = oneBit ? 13 - position : 12 - 2 * position
                chunk |= UInt16(symbol.rawValue) << UInt16(shift)
            }
            writer.write(chunk)
            index += vectorLength
        }
    }
}
