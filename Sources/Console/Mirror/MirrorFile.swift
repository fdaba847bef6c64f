import Glibc
import TerminalIO
import TerminalVideo

/// Draws the pictures that come into an inbox into a file, as the bytes that a terminal would get: each picture one synchronised update.
public final class MirrorFile {
    /// What is drawn where the options do not say.
    public static let usualSize = TerminalSize(columns: 80, rows: 24)

    private let inbox: ConsoleInbox
    private let options: MirrorOptions
    private let descriptor: Int32
    private let pane: PicturePane
    private var stream = PictureStream()

    /// - Parameter descriptor: the file, open for writing; whoever calls closes it.
    public init(inbox: ConsoleInbox, descriptor: Int32, options: MirrorOptions) {
        self.inbox = inbox
        self.descriptor = descriptor
        self.options = options
        let size = options.size ?? Self.usualSize
        let best = PictureStyle()
        pane = PicturePane(
            region: CellRect(column: 0, row: 0, columns: size.columns, rows: size.rows),
            style: PictureStyle(glyphs: options.glyphs ?? best.glyphs, colours: options.colours ?? best.colours))
    }

    /// Draws until the source ends it.
    ///
    /// - Throws: `TerminalError` where the file takes no more.
    public func run() throws(TerminalError) -> MirrorStatistics {
        var statistics = MirrorStatistics()
        let start = ContinuousClock.now
        var next = start
        var perSecond = Double(options.framesPerSecond)
        // Bytes that were not spent, for two pictures at most.
        var (credit, paidAt) = (0.0, start - .seconds(1))
        if let rate = options.bytesPerSecond {
            perSecond = min(perSecond, PictureEconomy.picturesPerSecond(rate: rate))
            pane.economy = PictureSteps().economy(rate: rate)
        }
        try write(Array("\u{1B}[0m\u{1B}[2J\u{1B}[?25l".utf8))
        while true {
            let now = ContinuousClock.now
            statistics.seconds = (now - start) / .seconds(1)
            for case .finish in inbox.takeEvents() {
                try write(Array("\u{1B}[0m\u{1B}[?25h".utf8))
                return statistics
            }
            if now >= next, case .new(let picture, let skipped) = inbox.takeRemote() {
                next = now + .seconds(1 / perSecond)
                let rate = options.bytesPerSecond.map(Double.init)
                credit = min(credit + (now - paidAt) / .seconds(1) * (rate ?? 0), 2 * (rate ?? 0) / perSecond)
                paidAt = now
                statistics.framesShown += 1
                statistics.framesSkipped += skipped
                let cpu = CPUClock.nanoseconds()
                stream.removeAll()
                picture.withPictureView { pane.show($0) }
                pane.paint(into: &stream, limit: rate == nil ? .max : max(Int(credit), 1))
                credit -= Double(stream.bytes.count)
                stream.close()
                statistics.cpuMilliseconds += Double(CPUClock.nanoseconds() - cpu) / 1e6
                statistics.bytes += stream.bytes.count
                statistics.cellsPainted += pane.cellsPainted
                try write(Array("\u{1B}[?2026h".utf8) + stream.bytes + Array("\u{1B}[?2026l".utf8))
                continue
            }
            inbox.wakeup.wait(until: now < next ? next : now + .seconds(1))
        }
    }

    private func write(_ bytes: [UInt8]) throws(TerminalError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw .system(call: "writing the output", errno: errno)
            }
        }
    }
}
