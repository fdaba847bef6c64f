import CZlib

/// Images by kitty's graphics protocol.
enum KittyImage {
    /// Longer data goes in parts of so many characters, as the protocol has it.
    private static let chunk = 4096

    /// Takes an image off the screen.
    static func delete(_ number: Int, into stream: inout PictureStream) {
        stream.append(text: "\u{1B}_Ga=d,d=I,i=\(number),q=2\u{1B}\\")
    }

    /// Shows an image where the cursor is, below the characters.
    ///
    /// - Parameters:
    ///   - pixels: RGB, 8 bits each.
    ///   - samples: how many of them there are.
    ///   - place: how many cells they fill.
    static func show(
        _ number: Int, _ pixels: [UInt8], samples: (across: Int, down: Int), in place: CellRect, into stream: inout PictureStream
    ) {
        guard let compressed = deflated(pixels) else { return }
        let keys = "a=T,f=24,o=z,s=\(samples.across),v=\(samples.down),c=\(place.columns),r=\(place.rows),i=\(number),p=1,C=1,z=-1,q=2"
        let data = base64(compressed)
        var rest = data[...]
        repeat {
            let part = rest.prefix(chunk)
            rest = rest.dropFirst(part.count)
            let more = rest.isEmpty ? "m=0" : "m=1"
            stream.append(text: "\u{1B}_G" + (part.startIndex == 0 ? "\(keys),\(more);" : "q=2,\(more);"))
            part.withUnsafeBytes { stream.append($0) }
            stream.append(text: "\u{1B}\\")
        } while !rest.isEmpty
    }

    private static func deflated(_ bytes: [UInt8]) -> [UInt8]? {
        var count = compressBound(uLong(bytes.count))
        var result = [UInt8](repeating: 0, count: Int(count))
        guard compress2(&result, &count, bytes, uLong(bytes.count), 1) == Z_OK else { return nil }
        result.removeLast(result.count - Int(count))
        return result
    }

    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// RFC 4648 section 4.
    static func base64(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let rest = min(bytes.count - index, 3)
            let word = (0..<3).reduce(0) { $0 << 8 | ($1 < rest ? Int(bytes[index + $1]) : 0) }
            for digit in 0..<4 { result.append(digit <= rest ? digits[word >> (18 - 6 * digit) & 63] : UInt8(ascii: "=")) }
            index += 3
        }
        return result
    }
}
