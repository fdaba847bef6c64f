/// The numbers 0 to 255 in decimal, each with a semicolon after it, as little-endian words.
enum Decimals {
    struct Entry {
        var text: UInt32
        var count: UInt8
    }

    static let table: Memory<Entry> = Memory(
        (0..<256).map { value in
            let text = Array("\(value);".utf8)
            var word: UInt32 = 0
            for (index, byte) in text.enumerated() { word |= UInt32(byte) << UInt32(8 * index) }
            return Entry(text: word, count: UInt8(text.count))
        })
}
