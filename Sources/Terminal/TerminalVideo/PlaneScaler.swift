/// Scales a plane of 8-bit samples to another size by area: every sample of the result is the mean of what it covers.
///
/// Vertically, rows are summed with weights that add up to 256, 16 columns at a time. Horizontally, a running sum of that row is read
/// at the edges of the result's samples, so that the cost does not depend on how many samples one covers.
struct PlaneScaler {
    let sourceWidth: Int
    let sourceHeight: Int
    let width: Int
    let height: Int

    /// For each row of the result: its first source row, and where its weights begin in `weights`; one entry more for the end.
    private var firstRows: [Int] = []
    private var weightOffsets: [Int] = []
    private var weights: [UInt16] = []
    /// For each edge between samples of the result: the source sample it lies in, and how far, in 1/256.
    private var edges: [(index: Int32, fraction: UInt32)] = []
    /// For each sample of the result: 2^32 divided by what it covers in 1/256 of a source sample.
    private var reciprocals: [UInt64] = []
    private var row: [UInt16]
    private var edgeSums: [UInt32]

    /// All sizes are at least 1, those of the source at most ``PictureView/longestSide``.
    init(sourceWidth: Int, sourceHeight: Int, width: Int, height: Int) {
        self.sourceWidth = sourceWidth
        self.sourceHeight = sourceHeight
        self.width = width
        self.height = height
        row = Array(repeating: 0, count: sourceWidth + 1)
        edgeSums = Array(repeating: 0, count: width + 1)
        for y in 0..<height {
            addRow(from: y * sourceHeight, to: (y + 1) * sourceHeight)
        }
        weightOffsets.append(weights.count)
        var previous = 0
        for x in 0...width {
            let position = x * sourceWidth * 256 / width
            edges.append((Int32(position / 256), UInt32(position % 256)))
            if x > 0 { reciprocals.append((1 << 32) / UInt64(max(1, position - previous))) }
            previous = position
        }
    }

    /// Adds the weights of a row of the result that covers `start..<end` in units of 1/height of a source row.
    private mutating func addRow(from start: Int, to end: Int) {
        let first = start / height
        let last = (end - 1) / height
        firstRows.append(first)
        weightOffsets.append(weights.count)
        var covered = 0
        var given = 0
        for source in first...last {
            covered += min(end, (source + 1) * height) - max(start, source * height)
            // Rounded on the running total, so that the weights add up to 256 exactly.
            let total = covered * 256 / (end - start)
            weights.append(UInt16(total - given))
            given = total
        }
    }

    /// Scales `plane` into `result`, which has room for `width * height` samples.
    mutating func scale(_ plane: UnsafeBufferPointer<UInt8>, stride: Int, into result: UnsafeMutableBufferPointer<UInt8>) {
        guard let source = plane.baseAddress, let target = result.baseAddress else { return }
        guard result.count >= width * height, plane.count >= stride * (sourceHeight - 1) + sourceWidth else { return }
        for y in 0..<height {
            let offset = weightOffsets[y]
            let count = weightOffsets[y + 1] - offset
            weights.withUnsafeBufferPointer { weights in
                guard let weights = weights.baseAddress else { return }
                sumRows(source + firstRows[y] * stride, stride: stride, weights: weights + offset, count: count)
            }
            readRow(into: target + y * width)
        }
    }

    /// Sums `count` rows with their weights into `row`.
    private mutating func sumRows(_ source: UnsafePointer<UInt8>, stride: Int, weights: UnsafePointer<UInt16>, count: Int) {
        let width = sourceWidth
        row.withUnsafeMutableBytes { bytes in
            guard let sums = bytes.baseAddress else { return }
            var x = 0
            while x + 16 <= width {
                var sum = SIMD16<UInt16>()
                var samples = UnsafeRawPointer(source + x)
                for index in 0..<count {
                    sum &+= SIMD16<UInt16>(truncatingIfNeeded: samples.loadUnaligned(as: SIMD16<UInt8>.self)) &* weights[index]
                    samples += stride
                }
                sums.storeBytes(of: sum, toByteOffset: x * 2, as: SIMD16<UInt16>.self)
                x += 16
            }
            while x < width {
                var sum: UInt16 = 0
                for index in 0..<count { sum &+= UInt16(source[index &* stride &+ x]) &* weights[index] }
                sums.storeBytes(of: sum, toByteOffset: x * 2, as: UInt16.self)
                x += 1
            }
        }
    }

    /// Turns the summed row into samples of the result.
    private mutating func readRow(into target: UnsafeMutablePointer<UInt8>) {
        let width = width
        row.withUnsafeBufferPointer { row in
            edges.withUnsafeBufferPointer { edges in
                edgeSums.withUnsafeMutableBufferPointer { sums in
                    guard let row = row.baseAddress, let edges = edges.baseAddress, let sums = sums.baseAddress else { return }
                    var position = 0
                    var sum: UInt32 = 0
                    for x in 0...width {
                        let edge = edges[x]
                        let index = Int(edge.index)
                        while position < index {
                            sum &+= UInt32(row[position])
                            position &+= 1
                        }
                        sums[x] = sum &+ (UInt32(row[index]) &* edge.fraction) >> 8
                    }
                }
            }
        }
        edgeSums.withUnsafeBufferPointer { sums in
            reciprocals.withUnsafeBufferPointer { reciprocals in
                guard let sums = sums.baseAddress, let reciprocals = reciprocals.baseAddress else { return }
                for x in 0..<width {
                    let covered = UInt64(sums[x &+ 1] &- sums[x])
                    target[x] = UInt8(truncatingIfNeeded: min(255, (covered &* reciprocals[x] &+ 1 << 31) >> 32))
                }
            }
        }
    }
}
