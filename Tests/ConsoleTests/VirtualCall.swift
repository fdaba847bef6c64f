import Codecs
import Console
import MediaSources
import TerminalIO
import TerminalVideo
import TestEmulators

/// The console's painting in a call with the test picture on both sides, behind a line, in virtual time.
struct VirtualCall {
    typealias Instant = ContinuousClock.Instant

    static let framesPerSecond = 30

    let line: VirtualLine
    private let inbox: ConsoleInbox
    private let chrome: Chrome
    private var desk: Desk
    private var painter = ScenePainter()
    private var frame = 0
    private var nextFrame: Instant
    private var isUrgent = false
    /// Whole pictures of each second.
    private(set) var pictures: [Int] = []

    init(kilobits: Double, roundTrip: Duration, columns: Int = 120, rows: Int = 40, isColoured: Bool = true) throws {
        line = VirtualLine(kilobits: kilobits, roundTrip: roundTrip, columns: columns, rows: rows)
        inbox = try ConsoleInbox()
        chrome = try Chrome(term: "xterm-256color", size: TerminalSize(columns: columns, rows: rows), isColoured: isColoured)
        desk = Desk(columns: columns, rows: rows)
        desk.now = line.now
        nextFrame = line.now
        desk.call(.connected)
        desk.handle(.remotePicture(true))
        desk.handle(.ownPicture(true))
    }

    /// What the other side's camera sees at a time.
    static func picture(_ time: Double) throws -> I420Buffer {
        let source = TestPicture.picture(for: TestVideoFormat())
        let buffer = try I420Buffer(width: source.width, height: source.height)
        source.draw(on: buffer, at: time)
        return buffer
    }

    /// How things look: a line for people.
    var reduction: String? { painter.reduction?.text }

    mutating func press(_ key: Key) {
        desk.press(key)
        painter.stateChanged()
        isUrgent = true
    }

    /// Lets time pass.
    ///
    /// - Returns: whether `condition` held before `limit` was over.
    @discardableResult
    mutating func run(for limit: Duration, until condition: (VirtualLine) -> Bool = { _ in false }) throws -> Bool {
        let end = line.now + limit
        while line.now < end {
            if condition(line) { return true }
            let now = line.now
            if now >= nextFrame {
                let picture = ShownPicture(try Self.picture(Double(frame) / Double(Self.framesPerSecond)))
                frame += 1
                nextFrame += .seconds(1) / Self.framesPerSecond
                inbox.showRemote(picture)
                inbox.showOwn(picture)
            }
            desk.now = now
            if let due = desk.model.deadline(after: now), due <= now {
                desk.handle(.timeout)
                painter.stateChanged()
            }
            painter.takePictures(from: inbox, for: line, at: now)
            if painter.paint(desk.state, on: line, chrome: chrome, isUrgent: isUrgent, at: now) { isUrgent = false }
            if let statistics = painter.statistics(at: now) { pictures.append(statistics.framesPerSecond) }
            let due = [painter.deadline(for: line, at: now), desk.model.deadline(after: now), line.deadline, nextFrame, end]
            line.advance(to: max(due.compactMap { $0 }.min() ?? end, now + .microseconds(50)))
        }
        return condition(line)
    }

    /// How much the screen is like what the other side's camera saw lately, below the own picture: by the cells' mean lumas, 1 is the same
    /// and 0 has nothing to do with it (Pearson's correlation).
    func likeness() throws -> Double {
        let area = CellRect(column: 0, row: 1, columns: line.emulator.columns, rows: line.emulator.rows - 3)
        let last = Double(frame) / Double(Self.framesPerSecond) - line.roundTrip / .seconds(2)
        return try stride(from: 0.0, through: 1, by: 0.2).map { age in
            let picture = try Self.picture(max(last - age, 0))
            let rect = area.fitting(width: picture.width, height: picture.height, cellAspect: 0.5)
            return likeness(to: picture, in: rect, from: rect.rows / 3)
        }.max() ?? 0
    }

    private func likeness(to picture: I420Buffer, in rect: CellRect, from first: Int) -> Double {
        var shown: [Double] = []
        var meant: [Double] = []
        picture.withPlanes { luma, _, _ in
            for row in first..<rect.rows {
                for column in 0..<rect.columns {
                    shown.append(Self.luma(line.emulator.cell(rect.column + column, rect.row + row)))
                    var (sum, count) = (0, 0)
                    for y in (row * picture.height / rect.rows)..<((row + 1) * picture.height / rect.rows) {
                        for x in (column * picture.width / rect.columns)..<((column + 1) * picture.width / rect.columns) {
                            sum += Int(luma.samples[y * picture.lumaStride + x])
                            count += 1
                        }
                    }
                    meant.append(Double(sum) / Double(max(count, 1)))
                }
            }
        }
        return Self.correlation(shown, meant)
    }

    private static func luma(_ cell: (character: Character, foreground: UInt32?, background: UInt32?)) -> Double {
        func light(_ colour: UInt32?) -> Double {
            guard let colour else { return 0 }
            return 0.299 * Double(colour >> 16 & 255) + 0.587 * Double(colour >> 8 & 255) + 0.114 * Double(colour & 255)
        }
        let ink = Double((GlyphShape.ink(of: cell.character) ?? 0).nonzeroBitCount) / 64
        return ink * light(cell.foreground) + (1 - ink) * light(cell.background)
    }

    private static func correlation(_ a: [Double], _ b: [Double]) -> Double {
        let (meanA, meanB) = (a.reduce(0, +) / Double(a.count), b.reduce(0, +) / Double(b.count))
        var (both, varianceA, varianceB) = (0.0, 0.0, 0.0)
        for (x, y) in zip(a, b) {
            both += (x - meanA) * (y - meanB)
            varianceA += (x - meanA) * (x - meanA)
            varianceB += (y - meanB) * (y - meanB)
        }
        return both / max((varianceA * varianceB).squareRoot(), 1e-9)
    }
}

private final class ShownPicture: Picture {
    private let buffer: I420Buffer

    init(_ buffer: I420Buffer) { self.buffer = buffer }

    func withPictureView(_ body: (PictureView) -> Void) {
        buffer.withPlanes { luma, blue, red in
            let view = PictureView(
                width: buffer.width, height: buffer.height, luma: luma.samples, lumaStride: buffer.lumaStride, blue: blue.samples,
                red: red.samples, chromaStride: buffer.chromaStride)
            if let view { body(view) }
        }
    }
}
