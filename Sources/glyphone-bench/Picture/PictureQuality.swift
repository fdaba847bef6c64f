import Codecs

/// How near what a screen shows is to the pictures meant: 8 x 16 pixels a cell, the picture scaled to as many.
struct PictureQuality {
    var luma = 0.0
    var rgb = 0.0
    /// Of luma, after both were halved: nearer to what an eye sees from afar.
    var half = 0.0
    /// The mean change of luma from picture to picture where the source changed by at most one level.
    var flicker = Double.nan

    /// - Parameters:
    ///   - every: which pictures are compared.
    ///   - flickering: over how many pictures flicker is taken.
    init(
        _ outputs: [[UInt8]], of frames: [I420Buffer], references: inout References, columns: Int, rows: Int, every: Int, flickering: Int
    ) {
        var screen = CellScreen(columns: columns, rows: rows)
        var compared = 0.0
        var last: (source: Image, shown: Image)?
        var changes: [Double] = []
        for (index, output) in outputs.enumerated() {
            screen.feed(output)
            guard index % every == 0 || index < flickering else { continue }
            let reference = references.picture(index, of: frames, columns: columns, rows: rows)
            let shown = screen.drawn()
            let (source, light) = (reference.luma, shown.luma)
            if index < flickering {
                if let last {
                    let still = source.samples.indices.filter { abs(source.samples[$0] - last.source.samples[$0]) <= 1 }
                    let change = still.reduce(0.0) { $0 + Double(abs(light.samples[$1] - last.shown.samples[$1])) }
                    if !still.isEmpty { changes.append(change / Double(still.count)) }
                }
                last = (source, light)
            }
            guard index % every == 0 else { continue }
            compared += 1
            luma += Similarity.ssim(source, light)
            rgb += (0..<3).reduce(0.0) { $0 + Similarity.ssim(reference.planes[$1], shown.planes[$1]) } / 3
            half += Similarity.ssim(source.halved(), light.halved())
        }
        luma /= compared
        rgb /= compared
        half /= compared
        if !changes.isEmpty { flicker = changes.reduce(0, +) / Double(changes.count) }
    }
}

/// Source pictures in the size of a screen's pixels, kept: each is compared with several programs' output.
struct References {
    private var images: [Int: ColourImage] = [:]

    mutating func picture(_ index: Int, of frames: [I420Buffer], columns: Int, rows: Int) -> ColourImage {
        if let image = images[index] { return image }
        let image = ColourImage(frames[index]).scaled(width: columns * CellScreen.cellWidth, height: rows * CellScreen.cellHeight)
        images[index] = image
        return image
    }
}
