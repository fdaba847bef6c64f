/// A pane's picture in pixels, for terminals with kitty's or DEC's graphics: in strips of some rows of cells, an image each.
///
/// Strips are to pictures what cells are elsewhere: what has not changed is not sent again, a painting may end behind any of them, and where
/// something lies over the picture there are none. The characters are blank there.
final class PixelStrips {
    fileprivate struct Strip {
        let place: CellRect
        let image: Int
        /// The pixels that are wanted, in RGB of 8 bits each; empty before the first picture.
        var wanted: [UInt8] = []
        var shown: [UInt8] = []
    }

    /// Of detail. With less, characters look better.
    private static let least = 0.25
    /// With less detail, nothing is dithered: that takes many bytes.
    private static let leastDithered = 0.35
    /// What differs by no more than these levels is the camera's noise.
    private static let noise = 3

    private let firstImage: Int
    private var graphics: PixelProtocol
    private var sixels: SixelEncoder?
    private var strips: [Strip] = []
    private var next = 0
    private var left = 0
    /// Images on the terminal that are no longer strips.
    private var discarded: [Int] = []
    /// How many of the picture's own pixels are shown, along each side: less where they take too many bytes.
    private(set) var detail = 1.0
    private var spent = 0
    private var isStill = true
    /// Pixels of a cell.
    private var size = (across: 0, down: 0)

    init(_ graphics: PixelProtocol, firstImage: Int) {
        self.graphics = graphics
        self.firstImage = firstImage
    }

    var isUnfinished: Bool { left > 0 || !discarded.isEmpty }

    /// Shows the next picture in another way; nothing is left of the last.
    func use(_ graphics: PixelProtocol) {
        guard graphics != self.graphics else { return }
        place(in: nil) { _, _ in false }
        self.graphics = graphics
        sixels = nil
    }

    /// Puts the strips where `rect` is not covered; nil or an empty one takes them off the screen.
    func place(in rect: CellRect?, isCovered: (_ column: Int, _ row: Int) -> Bool) {
        var old = strips
        // What stays in its place stays on the screen.
        strips = (rect.map { places(in: $0, isCovered: isCovered) } ?? []).map { place in
            if let index = old.firstIndex(where: { $0.place == place }) { return old.remove(at: index) }
            return Strip(place: place, image: firstImage + place.row << 12 + place.column)
        }
        if graphics == .kitty {
            discarded += old.filter { !$0.shown.isEmpty }.map(\.image)
            // What comes back in its old place is sent anew over what is there.
            let images = Set(strips.map(\.image))
            discarded.removeAll { images.contains($0) }
        }
        begin()
    }

    /// Cuts what is not covered into strips.
    private func places(in rect: CellRect, isCovered: (_ column: Int, _ row: Int) -> Bool) -> [CellRect] {
        let parts = (rect.row..<rect.endRow).map { row -> [Range<Int>] in
            var parts: [Range<Int>] = []
            var column = rect.column
            while column < rect.endColumn {
                let start = column
                while column < rect.endColumn, column - start < graphics.columnsPerImage, !isCovered(column, row) { column += 1 }
                if column > start { parts.append(start..<column) }
                while column < rect.endColumn, isCovered(column, row) { column += 1 }
            }
            return parts
        }
        var places: [CellRect] = []
        var first = 0
        while first < parts.count {
            let most = min((first / graphics.rowsPerImage + 1) * graphics.rowsPerImage, parts.count)
            let end = (first..<most).first { parts[$0] != parts[first] } ?? most
            places += parts[first].map {
                CellRect(column: $0.lowerBound, row: rect.row + first, columns: $0.count, rows: end - first)
            }
            first = end
        }
        return places
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
        let most = graphics.mostPixels
        switch graphics {
        case .kitty:
            // Never more than the picture has: the terminal makes them larger.
            size.across = Int((Double(picture.width) / Double(rect.columns) * detail).rounded())
            size.down = Int((Double(picture.height) / Double(rect.rows) * detail).rounded())
        case .sixel:
            size.across = Int((Double(most.across) * detail).rounded())
            size.down = Int((Double(most.down) * detail).rounded())
        }
        size = (min(max(size.across, 1), most.across), min(max(size.down, 1), most.down))
        let sampler = PixelSampler(picture, across: rect.columns * size.across, down: rect.rows * size.down)
        for index in strips.indices {
            let place = strips[index].place
            let samples = (across: place.columns * size.across, down: place.rows * size.down)
            let count = samples.across * samples.down * 3
            if strips[index].wanted.count != count { strips[index].wanted = [UInt8](repeating: 0, count: count) }
            strips[index].wanted.withUnsafeMutableBufferPointer { pixels in
                guard let start = pixels.baseAddress else { return }
                sampler.sample(
                    column: (place.column - rect.column) * size.across, row: (place.row - rect.row) * size.down, width: samples.across,
                    height: samples.down, into: start)
            }
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
            for image in discarded { KittyImage.delete(image, into: &stream) }
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
                statistics.cells += strips[next].place.columns * strips[next].place.rows
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
        guard !strip.wanted.isEmpty else { return false }
        guard strip.wanted.count == strip.shown.count else { return true }
        let noise = isStill ? 0 : Self.noise
        return strip.wanted.withUnsafeBufferPointer { wanted in
            strip.shown.withUnsafeBufferPointer { shown in
                // By parts, each without a branch.
                stride(from: 0, to: wanted.count, by: 4096).contains { first in
                    var worst: UInt8 = 0
                    for index in first..<min(first + 4096, wanted.count) {
                        worst = max(worst, max(wanted[index], shown[index]) &- min(wanted[index], shown[index]))
                    }
                    return worst > noise
                }
            }
        }
    }

    private func send(_ index: Int, into stream: inout PictureStream) {
        let place = strips[index].place
        let samples = (across: place.columns * size.across, down: place.rows * size.down)
        stream.open()
        stream.append(text: "\u{1B}[\(place.row + 1);\(place.column + 1)H")
        switch graphics {
        case .kitty: KittyImage.show(strips[index].image, strips[index].wanted, samples: samples, in: place, into: &stream)
        case .sixel(let format):
            let encoder = sixels ?? SixelEncoder(format)
            sixels = encoder
            strips[index].wanted.withUnsafeBufferPointer { pixels in
                guard let start = pixels.baseAddress else { return }
                encoder.encode(
                    start, samples: samples, size: (place.columns * format.cellWidth, place.rows * format.cellHeight),
                    isDithered: detail >= Self.leastDithered, into: &stream)
            }
        }
        strips[index].remember()
    }
}

extension PixelStrips.Strip {
    /// What is wanted is shown now; both keep their memory.
    fileprivate mutating func remember() {
        guard shown.count == wanted.count else {
            shown = []
            shown.append(contentsOf: wanted)
            return
        }
        shown.withUnsafeMutableBytes { shown in wanted.withUnsafeBytes { shown.copyMemory(from: $0) } }
    }
}
