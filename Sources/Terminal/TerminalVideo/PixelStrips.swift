import CZlib

/// A pane's picture in pixels, for terminals with kitty's graphics protocol: a strip of each row of cells, an image each.
///
/// Strips are to pictures what cells are elsewhere: what has not changed is not sent again, a painting may end behind any of them, and where
/// something lies over the picture there are none. They lie below the characters, which are blank there.
final class PixelStrips {
    private struct Strip {
        let place: CellRect
        let image: Int
        /// In RGB, 8 bits each; empty before the first picture.
        var wanted: [UInt8] = []
        var shown: [UInt8] = []
    }

    /// No cell is more pixels wide, or twice as many high.
    private static let mostAcross = 16
    /// Of detail.
    private static let least = 0.1
    /// What differs by no more than these levels is the camera's noise.
    private static let noise = 3
    /// Longer data goes in parts of so many characters, as the protocol has it.
    private static let chunk = 4096

    private let firstImage: Int
    private var strips: [Strip] = []
    private var next = 0
    private var left = 0
    /// Images on the terminal that are no longer strips.
    private var discarded: [Int] = []
    /// How many of the picture's own pixels are shown, along each side: less where they take too many bytes.
    private(set) var detail = 1.0
    private var spent = 0
    private var isStill = true
    private var size = (across: 0, down: 0)

    init(firstImage: Int) { self.firstImage = firstImage }

    var isUnfinished: Bool { left > 0 || !discarded.isEmpty }

    /// Puts the strips where `rect` is not covered; nil or an empty one takes them off the screen.
    func place(in rect: CellRect?, isCovered: (_ column: Int, _ row: Int) -> Bool) {
        discarded += strips.filter { !$0.shown.isEmpty }.map(\.image)
        strips = []
        if let rect {
            for row in rect.row..<rect.endRow {
                var column = rect.column
                while column < rect.endColumn {
                    let start = column
                    while column < rect.endColumn, !isCovered(column, row) { column += 1 }
                    if column > start {
                        let place = CellRect(column: start, row: row, columns: column - start, rows: 1)
                        strips.append(Strip(place: place, image: firstImage + row << 12 + start))
                    }
                    while column < rect.endColumn, isCovered(column, row) { column += 1 }
                }
            }
        }
        // What comes back in its old place is sent anew over what is there.
        let images = Set(strips.map(\.image))
        discarded.removeAll { images.contains($0) }
        begin()
    }

    /// The terminal shows none of it any more.
    func forget() {
        for index in strips.indices { strips[index].shown = [] }
        discarded = []
        begin()
    }

    private func begin() {
        left = strips.count
        if next >= strips.count { next = 0 }
    }

    func show(_ picture: PictureView, in rect: CellRect, budget: Int?) {
        fit(budget)
        // Never more than the picture has.
        size.across = min(max(Int((Double(picture.width) / Double(rect.columns) * detail).rounded()), 1), Self.mostAcross)
        size.down = min(max(Int((Double(picture.height) / Double(rect.rows) * detail).rounded()), 1), 2 * Self.mostAcross)
        let columns = Self.edges(picture.width, parts: rect.columns * size.across)
        let rows = Self.edges(picture.height, parts: rect.rows * size.down)
        for index in strips.indices {
            let place = strips[index].place
            let first = (place.column - rect.column) * size.across
            let line = (place.row - rect.row) * size.down
            strips[index].wanted = Self.sample(
                picture, columns: columns[first...(first + place.columns * size.across)], rows: rows[line...(line + size.down)])
        }
        isStill = false
        begin()
    }

    /// Follows what the last picture took: bytes fall with the square of the detail.
    private func fit(_ budget: Int?) {
        defer { spent = 0 }
        guard let budget else {
            detail = 1
            return
        }
        guard spent > 0, left == 0 || spent > budget else { return }
        let ratio = (Double(budget) / Double(spent)).squareRoot()
        if ratio < 1 || detail < 1 { detail = min(max(detail * min(max(ratio * 0.95, 0.5), 1.1), Self.least), 1) }
    }

    /// Writes strips that changed until the stream has grown by `limit` bytes.
    func paint(into stream: inout PictureStream, limit: Int) -> PaintStatistics {
        var statistics = PaintStatistics()
        let start = stream.bytes.count
        if !discarded.isEmpty {
            stream.open()
            for image in discarded { stream.append(text: "\u{1B}_Ga=d,d=I,i=\(image),q=2\u{1B}\\") }
            discarded = []
        }
        if left == 0 { begin() }
        while left > 0 {
            guard stream.bytes.count - start < limit else {
                statistics.isComplete = false
                break
            }
            if isWorthSending(strips[next]) {
                send(next, into: &stream)
                statistics.cells += strips[next].place.columns
            }
            next = (next + 1) % strips.count
            left -= 1
        }
        if statistics.isComplete { isStill = true }
        statistics.isExact = statistics.isComplete && strips.allSatisfy { $0.shown == $0.wanted }
        statistics.bytes = stream.bytes.count - start
        spent += statistics.bytes
        return statistics
    }

    private func isWorthSending(_ strip: Strip) -> Bool {
        guard !strip.wanted.isEmpty, strip.wanted != strip.shown else { return false }
        guard !isStill, strip.wanted.count == strip.shown.count else { return true }
        return zip(strip.wanted, strip.shown).contains { abs(Int($0) - Int($1)) > Self.noise }
    }

    private func send(_ index: Int, into stream: inout PictureStream) {
        let strip = strips[index]
        guard let compressed = Self.deflated(strip.wanted) else { return }
        stream.open()
        stream.append(text: "\u{1B}[\(strip.place.row + 1);\(strip.place.column + 1)H")
        let keys =
            "a=T,f=24,o=z,s=\(strip.place.columns * size.across),v=\(size.down),c=\(strip.place.columns),r=1,i=\(strip.image),p=1,C=1,z=-1,q=2"
        let data = Self.base64(compressed)
        var rest = data[...]
        repeat {
            let part = rest.prefix(Self.chunk)
            rest = rest.dropFirst(part.count)
            let more = rest.isEmpty ? "m=0" : "m=1"
            stream.append(text: "\u{1B}_G" + (part.startIndex == 0 ? "\(keys),\(more);" : "q=2,\(more);"))
            part.withUnsafeBytes { stream.append($0) }
            stream.append(text: "\u{1B}\\")
        } while !rest.isEmpty
        strips[index].shown = strip.wanted
    }

    // MARK: Pixels

    /// Where each of `parts` equal parts of `length` samples begins, and where the last ends.
    private static func edges(_ length: Int, parts: Int) -> [Int] { (0...parts).map { $0 * length / parts } }

    private static func sample(_ picture: PictureView, columns: ArraySlice<Int>, rows: ArraySlice<Int>) -> [UInt8] {
        let (columns, rows) = (Array(columns), Array(rows))
        return [UInt8](unsafeUninitializedCapacity: (columns.count - 1) * (rows.count - 1) * 3) { pixels, count in
            for row in 0..<(rows.count - 1) {
                let top = rows[row]
                let bottom = max(rows[row + 1], top + 1)
                for column in 0..<(columns.count - 1) {
                    let first = columns[column]
                    let end = max(columns[column + 1], first + 1)
                    var sum = 0
                    for y in top..<bottom { for x in first..<end { sum += Int(picture.luma[y * picture.lumaStride + x]) } }
                    let chroma = (top + bottom) / 4 * picture.chromaStride + (first + end) / 4
                    let rgb = Light.rgb(
                        luma: sum / ((bottom - top) * (end - first)), blue: Int(picture.blue[chroma]), red: Int(picture.red[chroma]))
                    (pixels[count], pixels[count + 1], pixels[count + 2]) = rgb
                    count += 3
                }
            }
        }
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

extension Light {
    /// A colour of BT.601 in RGB.
    fileprivate static func rgb(luma: Int, blue: Int, red: Int) -> (UInt8, UInt8, UInt8) {
        let light = (luma - 16) * 298
        let (u, v) = (blue - 128, red - 128)
        func level(_ value: Int) -> UInt8 { UInt8(min(max((value + 128) >> 8, 0), 255)) }
        return (level(light + 409 * v), level(light - 100 * u - 208 * v), level(light + 516 * u))
    }
}
