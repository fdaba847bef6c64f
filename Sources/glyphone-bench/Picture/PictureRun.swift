import CBench
import Codecs
import Glibc
import TerminalVideo

/// One way of drawing a clip with this project's renderer, measured.
struct PictureRun {
    let frames: [I420Buffer]
    let columns: Int
    let rows: Int
    var glyphs = GlyphSet.blocks
    var colours = ColourMode.truecolor
    var economy = PictureEconomy()
    /// Whether every picture is drawn as if the screen were unknown.
    var isWhole = false
    /// Whether the picture fills all cells, whatever its shape.
    var fillsAll = true

    /// What each picture wrote.
    struct Output {
        var milliseconds = 0.0
        var frames: [[UInt8]] = []
        /// The tolerance at which each was painted.
        var tolerances: [Double] = []
        /// For each picture after the first second, how often memory was allocated.
        var allocations = 0.0

        var bytes: Double { Double(frames.reduce(0) { $0 + $1.count }) / Double(max(frames.count, 1)) }

        /// Bytes a picture through zlib at level 6, flushed after each, which is what ssh -C does.
        var compressed: Double {
            guard let stream = glyphone_deflate_start(6) else { return .nan }
            defer { glyphone_deflate_end(stream) }
            let total = frames.reduce(0) { $0 + glyphone_deflate_flush(stream, $1, $1.count) }
            return Double(total) / Double(max(frames.count, 1))
        }
    }

    private func pane() -> PicturePane {
        let size = frames[0]
        let shape = Double(size.width) / Double(size.height) * Double(rows) / Double(columns)
        let pane = PicturePane(
            region: CellRect(column: 0, row: 0, columns: columns, rows: rows),
            style: PictureStyle(glyphs: glyphs, colours: colours, cellAspect: fillsAll ? shape : 0.5))
        pane.economy = economy
        return pane
    }

    /// The least processor time of `rounds` rounds, and what the first wrote.
    func measure(rounds: Int) -> Output {
        var output = Output()
        output.milliseconds = .infinity
        for round in 0..<rounds {
            let pane = pane()
            var stream = PictureStream(features: .repeatCharacter)
            var allocated: Int64 = 0
            var time = 0.0
            for (index, frame) in frames.enumerated() {
                let allocations = glyphone_allocations()
                let start = Self.processorTime()
                stream.removeAll()
                if isWhole { pane.invalidate() }
                frame.show(in: pane)
                pane.paint(into: &stream)
                stream.close()
                time += Self.processorTime() - start
                if index >= 15 { allocated += glyphone_allocations() - allocations }
                // A copy: the stream keeps its own memory.
                if round == 0 {
                    output.frames.append(stream.bytes.map { $0 })
                    output.tolerances.append(pane.tolerance)
                }
            }
            output.allocations = Double(allocated) / Double(max(frames.count - 15, 1))
            output.milliseconds = min(output.milliseconds, time / Double(frames.count) * 1000)
        }
        return output
    }

    /// Shows one picture again and again, at 15 a second.
    ///
    /// - Returns: after how many pictures the screen was exact, and how many bytes the 15 after that took.
    func still() -> (pictures: Int, bytesAfter: Int)? {
        let pane = pane()
        var stream = PictureStream(features: .repeatCharacter)
        for count in 1...60 {
            stream.removeAll()
            frames[0].show(in: pane)
            pane.paint(into: &stream)
            guard pane.lastPaint.isExact else { continue }
            var bytes = 0
            for _ in 0..<15 {
                stream.removeAll()
                frames[0].show(in: pane)
                pane.paint(into: &stream)
                stream.close()
                bytes += stream.bytes.count
            }
            return (count, bytes)
        }
        return nil
    }

    /// Of this thread, in seconds.
    static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

extension I420Buffer {
    func show(in pane: PicturePane) {
        withPlanes { y, u, v in
            let view = PictureView(
                width: width, height: height, luma: y.samples, lumaStride: lumaStride, blue: u.samples, red: v.samples,
                chromaStride: chromaStride)
            if let view { pane.show(view) }
        }
    }
}
