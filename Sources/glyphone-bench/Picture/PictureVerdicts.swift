import Foundation

/// What was measured of a clip on one screen.
struct PictureMeasures {
    /// One way of drawing.
    struct Way {
        var milliseconds: Double
        var bytes: Double
        var compressed: Double
        var allocations: Double
        var quality: PictureQuality
    }

    var clip: String
    var columns: Int
    var rows: Int
    var whole: Way
    var halves: Way
    /// By tolerance.
    var lean: [Double: Way] = [:]
    /// libchafa's time with all blocks, and the best likeness of its ways.
    var chafa: (milliseconds: Double, luma: Double)?
    /// timg's time, and ours in the cells that it fills.
    var timg: (milliseconds: Double, blocks: Double, halves: Double)?
    var still: (pictures: Int, bytesAfter: Int)?

    var screen: String { "\(columns)x\(rows)" }
    var cells: Double { Double(columns * rows) }
    var isTalkingHead: Bool { clip == "carphone" }
}

/// What must hold of pictures in cells, beside what was measured.
enum PictureVerdicts {
    struct Row {
        var name: String
        var must: String
        var found: String
        var holds: Bool
    }

    /// The screen that limits are for; on others time and bytes must be in proportion.
    private static let screen = "120x40"

    static func table(_ measures: [PictureMeasures]) -> [Row] {
        let first = measures.filter { $0.screen == screen }
        return first.flatMap(quality) + first.flatMap(time) + first.filter(\.isTalkingHead).flatMap(bytes) + first.map(still)
            + measures.compactMap { measure in
                first.first { $0.clip == measure.clip && measure.screen != screen }.map { proportion(measure, to: $0) }
            } + measures.map(allocations)
    }

    private static func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

    private static func quality(_ measure: PictureMeasures) -> [Row] {
        guard let chafa = measure.chafa else { return [] }
        let luma = measure.whole.quality.luma
        return [
            Row(
                name: "\(measure.clip): SSIM Y of whole pictures", must: "libchafa's, \(number(chafa.luma, 4))", found: number(luma, 4),
                holds: luma >= chafa.luma)
        ]
    }

    private static func time(_ measure: PictureMeasures) -> [Row] {
        var rows: [Row] = []
        if let chafa = measure.chafa {
            let ratio = chafa.milliseconds / measure.whole.milliseconds
            rows.append(
                Row(name: "\(measure.clip): blocks, of libchafa's time", must: "1/40", found: "1/\(number(ratio, 1))", holds: ratio >= 40))
        }
        if let timg = measure.timg {
            let (blocks, halves) = (timg.blocks / timg.milliseconds, timg.halves / timg.milliseconds)
            rows.append(
                Row(name: "\(measure.clip): blocks, of timg's time", must: "at most 1.30", found: number(blocks, 2), holds: blocks <= 1.3))
            rows.append(
                Row(name: "\(measure.clip): halves, of timg's time", must: "below 1", found: number(halves, 2), holds: halves < 1))
        }
        return rows
    }

    private static func bytes(_ measure: PictureMeasures) -> [Row] {
        var rows: [Row] = []
        func row(_ name: String, bytes: Double, most: Double, luma: Double, least: Double) {
            rows.append(
                Row(
                    name: "\(measure.clip): \(name)", must: "under \(number(most / 1000, 0)) KB at SSIM Y \(number(least, 3))",
                    found: "\(number(bytes / 1000, 1)) KB at \(number(luma, 4))", holds: bytes < most && luma >= least))
        }
        for (tolerance, most, least) in [(1.0, 36_000.0, 0.875), (1.5, 24_000, 0.865)] {
            guard let way = measure.lean[tolerance] else { continue }
            row("bytes at tolerance \(tolerance)", bytes: way.bytes, most: most, luma: way.quality.luma, least: least)
        }
        if let way = measure.lean[1] {
            row("bytes through zlib", bytes: way.compressed, most: 10_000, luma: way.quality.luma, least: 0.875)
            rows.append(
                Row(
                    name: "\(measure.clip): flicker", must: "under 0.5", found: number(way.quality.flicker, 3),
                    holds: way.quality.flicker < 0.5))
        }
        return rows
    }

    private static func still(_ measure: PictureMeasures) -> Row {
        Row(
            name: "\(measure.clip): a still picture", must: "exact within 15 pictures, then 0 bytes",
            found: measure.still.map { "exact after \($0.pictures), then \($0.bytesAfter) bytes" } ?? "not exact",
            holds: measure.still.map { $0.pictures <= 15 && $0.bytesAfter == 0 } ?? false)
    }

    /// Of a larger screen the picture itself, which is looked at once, is a smaller part of the time; of a smaller one there is more to see in
    /// each cell.
    private static func proportion(_ measure: PictureMeasures, to first: PictureMeasures) -> Row {
        let cells = measure.cells / first.cells
        let time = measure.whole.milliseconds / first.whole.milliseconds
        let bytes = (measure.lean[1]?.bytes ?? .nan) / (first.lean[1]?.bytes ?? .nan)
        return Row(
            name: "\(measure.clip): \(measure.screen) beside \(screen), \(number(cells, 2)) times the cells",
            must: cells > 1 ? "time and bytes no more than that" : "less time and bytes, at most a quarter more than that",
            found: "time \(number(time, 2)), bytes \(number(bytes, 2))",
            holds: cells > 1 ? time <= cells && bytes <= cells : time < 1 && bytes < 1 && time <= cells * 1.25 && bytes <= cells * 1.25)
    }

    private static func allocations(_ measure: PictureMeasures) -> Row {
        let ways = [measure.whole, measure.halves] + measure.lean.values
        let most = ways.map(\.allocations).max() ?? .nan
        return Row(
            name: "\(measure.clip), \(measure.screen): allocations a picture after a second", must: "0", found: number(most, 2),
            holds: most == 0)
    }

    static func print(_ rows: [Row]) {
        guard !rows.isEmpty else { return }
        Swift.print("\n| at 120x40 cells unless told, full colour | must | found | |\n|---|---|---|---|")
        for row in rows { Swift.print("| \(row.name) | \(row.must) | \(row.found) | \(row.holds ? "holds" : "MISSED") |") }
    }
}
