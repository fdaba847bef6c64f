import Codecs
import Foundation
import MediaSources
import TerminalVideo

extension PictureBenchmark {
    /// The ways of drawing that are compared, from fine to plain.
    private static let ways: [(glyphs: GlyphSet, colours: ColourMode)] = [
        (.blocks, .truecolor), (.halves, .truecolor), (.blocks, .indexed256), (.blocks, .ansi16), (.blocks, .monochrome),
        (.ascii, .monochrome),
    ]

    /// Draws a clip's pictures, as many a second as a line of this rate gets, each way within what the line takes.
    func fit(_ clip: Clip, columns: Int, rows: Int, rate: Int) {
        let perSecond = PictureEconomy.picturesPerSecond(rate: rate)
        let stride = max(1, Int((Double(Clip.picturesPerSecond) / perSecond).rounded()))
        let frames = Swift.stride(from: 0, to: clip.frames.count, by: stride).map { clip.frames[$0] }
        let budget = Int(Double(rate) / perSecond)
        print(
            "\n\(clip.name), \(columns)x\(rows) cells, \(rate / 125) kbit/s: \(String(format: "%.1f", perSecond)) pictures a second of \(budget) bytes"
        )
        print("                              bytes   most  SSIM Y    RGB   half  tolerance")
        var references = References()
        for way in Self.ways {
            var run = PictureRun(frames: frames, columns: columns, rows: rows)
            (run.glyphs, run.colours) = (way.glyphs, way.colours)
            run.fillsAll = true
            run.economy = PictureEconomy(byteBudget: budget, repairRoom: max(rate / 128, 256))
            let output = run.measure(rounds: 1)
            let quality = PictureQuality(
                output.frames, of: frames, references: &references, columns: columns, rows: rows, every: max(frames.count / 4 - 1, 1),
                flickering: 0)
            // The first paints all.
            let sizes = output.frames.dropFirst(3).map(\.count)
            let tolerance = output.tolerances.dropFirst(3).reduce(0, +) / Double(max(sizes.count, 1))
            print(
                "\(way.glyphs) \(way.colours)".padding(toLength: 26, withPad: " ", startingAt: 0)
                    + String(
                        format: "%9d %6d  %.4f %.4f %.4f  %9.2f", sizes.reduce(0, +) / max(sizes.count, 1), sizes.max() ?? 0, quality.luma,
                        quality.rgb, quality.half, tolerance))
        }
    }
}

extension Clip {
    /// In every clip.
    static let picturesPerSecond = 15

    /// What the other side of `glyphone demo` sends.
    static func test() throws -> Clip {
        let picture = TestPicture.picture(for: TestVideoFormat())
        return Clip(
            name: "test",
            frames: try (0..<90).map { index in
                let frame = try I420Buffer(width: picture.width, height: picture.height)
                picture.draw(on: frame, at: Double(index) / Double(picturesPerSecond))
                return frame
            })
    }
}
