/// Says what ncurses says in fewer bytes: ncurses names and takes back colours, attributes and the character set around every word; here
/// only what characters are really written in is named, once.
///
/// It knows the sequences that ncurses sends; others pass as they are, and so do all between which a character stands.
package struct LeanSequences {
    private struct Look: Equatable {
        /// SGR 1 to 9, a bit each.
        var attributes: UInt16 = 0
        /// The parameters that set it; empty for the terminal's own.
        var foreground: [Int] = []
        var background: [Int] = []
        /// What `ESC (` was followed by.
        var charset = UInt8(ascii: "B")
    }

    private var wanted = Look()
    /// Nil while it is not known.
    private var shown: Look? = Look()

    package init() {}

    /// Nothing is known of what the terminal writes in.
    package mutating func forget() { shown = nil }

    package mutating func shortened(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            guard byte == 0x1B, index + 1 < bytes.count else {
                // A line feed on the last line adds one in the background's colour.
                if byte >= 0x20 && byte != 0x7F || byte == 0x0A { show(in: &result) }
                result.append(byte)
                index += 1
                continue
            }
            let end = Self.end(of: bytes, from: index)
            take(bytes[index..<end], into: &result)
            index = end
        }
        // Pictures, and whoever comes next, find what ncurses thinks there is.
        show(in: &result)
        return result
    }

    /// Behind the sequence that begins at `start`.
    private static func end(of bytes: [UInt8], from start: Int) -> Int {
        var index = start + 1
        if bytes[index] == UInt8(ascii: "[") {
            index += 1
            while index < bytes.count, !(0x40...0x7E).contains(bytes[index]) { index += 1 }
        } else {
            while index < bytes.count, (0x20...0x2F).contains(bytes[index]) { index += 1 }
        }
        return min(index + 1, bytes.count)
    }

    private mutating func take(_ sequence: ArraySlice<UInt8>, into result: inout [UInt8]) {
        let body = sequence.dropFirst()
        if body.count == 2, body.first == UInt8(ascii: "("), let charset = body.last {
            wanted.charset = charset
        } else if body.first == UInt8(ascii: "["), body.last == UInt8(ascii: "m"), apply(body.dropFirst().dropLast()) {
            return
        } else {
            // Moving the cursor needs no colours; what erases, inserts or repeats does.
            let isMove = body.first == UInt8(ascii: "[") && body.last.map { "ABCDGHdlh".utf8.contains($0) } ?? false
            if !isMove { show(in: &result) }
            result += sequence
        }
    }

    /// Takes the parameters of SGR in.
    ///
    /// - Returns: whether all of them are known.
    private mutating func apply(_ parameters: ArraySlice<UInt8>) -> Bool {
        var numbers: [Int] = []
        for part in parameters.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false) {
            guard let number = part.isEmpty ? 0 : Int(String(decoding: part, as: UTF8.self)) else { return false }
            numbers.append(number)
        }
        var look = wanted
        var rest = numbers[...]
        while let number = rest.popFirst() {
            switch number {
            case 0: look = Look(charset: look.charset)
            case 1...9: look.attributes |= 1 << number
            case 22: look.attributes &= ~(1 << 1 | 1 << 2)
            case 23, 24, 25, 27, 28, 29: look.attributes &= ~(1 << (number - 20))
            case 30...37, 90...97: look.foreground = [number]
            case 40...47, 100...107: look.background = [number]
            case 39: look.foreground = []
            case 49: look.background = []
            case 38, 48:
                let count = rest.first == 5 ? 2 : rest.first == 2 ? 4 : 0
                guard count > 0, rest.count >= count else { return false }
                let colour = [number] + rest.prefix(count)
                rest = rest.dropFirst(count)
                if number == 38 { look.foreground = colour } else { look.background = colour }
            default: return false
            }
        }
        wanted = look
        return true
    }

    /// Has the terminal write in what is wanted.
    private mutating func show(in result: inout [UInt8]) {
        guard wanted != shown else { return }
        if wanted.charset != shown?.charset { result += [0x1B, UInt8(ascii: "("), wanted.charset] }
        let whole = Self.parameters(of: wanted)
        var parameters = whole.isEmpty ? [] : [0] + whole
        // Attributes can be added alone, not taken away.
        if let shown, shown.attributes & ~wanted.attributes == 0 {
            let change = Self.change(from: shown, to: wanted)
            if Self.count(change) <= Self.count(parameters) || change.isEmpty { parameters = change }
            if change.isEmpty {
                self.shown = wanted
                return
            }
        }
        result += Array("\u{1B}[\(parameters.map(String.init).joined(separator: ";"))m".utf8)
        shown = wanted
    }

    private static func parameters(of look: Look) -> [Int] {
        (1...9).filter { look.attributes >> $0 & 1 == 1 } + look.foreground + look.background
    }

    private static func change(from old: Look, to new: Look) -> [Int] {
        var result = (1...9).filter { (new.attributes & ~old.attributes) >> $0 & 1 == 1 }
        if new.foreground != old.foreground { result += new.foreground.isEmpty ? [39] : new.foreground }
        if new.background != old.background { result += new.background.isEmpty ? [49] : new.background }
        return result
    }

    /// In bytes, separators included.
    private static func count(_ parameters: [Int]) -> Int { parameters.reduce(0) { $0 + ($1 < 10 ? 2 : $1 < 100 ? 3 : 4) } }
}
