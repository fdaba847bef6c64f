import CZlib
import Foundation

/// As much of kitty's graphics protocol as it takes to see what was meant: images by number, and where they lie.
struct KittyScreen {
    struct Image: Equatable {
        var column: Int
        var row: Int
        var columns: Int
        var rows: Int
        var width: Int
        var height: Int
        /// RGB, 8 bits each.
        var pixels: [UInt8]
    }

    private(set) var images: [Int: Image] = [:]
    /// What no terminal would understand.
    private(set) var faults: [String] = []
    private var pending: (keys: [String: String], data: String)?

    mutating func feed(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        var cursor = (column: 0, row: 0)
        for match in text.matches(
            of: #/\x1B\[(?<row>[0-9]+)(?:;(?<column>[0-9]+))?H|\x1B_G(?<keys>[^;\x1B]*)(?:;(?<data>[^\x1B]*))?\x1B\\/#)
        {
            if let row = match.output.row {
                cursor = (match.output.column.flatMap { Int($0) }.map { $0 - 1 } ?? 0, (Int(row) ?? 1) - 1)
            } else if let keys = match.output.keys {
                command(Self.parsed(keys), data: String(match.output.data ?? ""), at: cursor)
            }
        }
    }

    private static func parsed(_ keys: Substring) -> [String: String] {
        let pairs = keys.split(separator: ",").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
        return Dictionary(pairs.filter { $0.count == 2 }.map { ($0[0], $0[1]) }) { $1 }
    }

    private mutating func command(_ keys: [String: String], data: String, at cursor: (column: Int, row: Int)) {
        if data.count > 4096 { faults.append("a part of \(data.count) characters") }
        if keys["q"] != "2" { faults.append("an answer is asked for: \(keys)") }
        if keys["a"] == "d" {
            guard pending == nil, keys["d"] == "I", let image = keys["i"].flatMap({ Int($0) }) else { return faults.append("\(keys)") }
            images[image] = nil
            return
        }
        let all = (keys: pending?.keys ?? keys, data: (pending?.data ?? "") + data)
        guard keys["m"] == "0" else {
            pending = all
            return
        }
        pending = nil
        take(all.keys, all.data, at: cursor)
    }

    private mutating func take(_ keys: [String: String], _ data: String, at cursor: (column: Int, row: Int)) {
        func number(_ key: String) -> Int { keys[key].flatMap { Int($0) } ?? -1 }
        guard keys["a"] == "T", keys["f"] == "24", keys["o"] == "z", keys["C"] == "1", number("z") < 0,
            let compressed = Data(base64Encoded: data)
        else { return faults.append("\(keys)") }
        var count = uLong(number("s") * number("v") * 3)
        var pixels = [UInt8](repeating: 0, count: Int(count))
        guard uncompress(&pixels, &count, Array(compressed), uLong(compressed.count)) == Z_OK, Int(count) == pixels.count else {
            return faults.append("the data of image \(number("i")) is not \(number("s"))x\(number("v")) pixels")
        }
        images[number("i")] = Image(
            column: cursor.column, row: cursor.row, columns: number("c"), rows: number("r"), width: number("s"), height: number("v"),
            pixels: pixels)
    }
}
