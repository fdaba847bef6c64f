/// Turns pixels into sixels, the graphics of DEC's VT340 (VT330/VT340 Programmer Reference, volume 2, chapter 14): columns of six pixels of one
/// colour, then those of the next.
final class SixelEncoder {
    /// Columns of one colour that stand side by side and are alike.
    private struct Run {
        var start: Int32
        var count: Int32
        /// Which of the six pixels.
        var bits: UInt8
        /// The colour's next run; -1 behind the last.
        var next: Int32
    }

    /// Of the widest image, in pixels.
    let width: Int
    private let palette: SixelPalette
    /// The colours of six rows: eight bytes a column, the two last unused.
    private let indices: Memory<UInt64>
    private let runs: Memory<Run>
    /// Each colour's first and last run in these six rows; -1 where there is none.
    private let first = Memory<Int32>(count: SixelFormat.mostRegisters)
    private let last = Memory<Int32>(count: SixelFormat.mostRegisters)
    /// The colours in these six rows, as they came.
    private let used = Memory<UInt8>(count: SixelFormat.mostRegisters)
    /// The colours in the image.
    private let isNamed = Memory<Bool>(count: SixelFormat.mostRegisters)
    /// The image without its head, which tells the colours that are in it.
    private var body: [UInt8] = []
    /// Six rows of it.
    private let scratch: Memory<UInt8>

    init(_ format: SixelFormat) {
        width = format.mostWidth
        palette = SixelPalette(registers: format.registers)
        indices = Memory(count: width)
        runs = Memory(count: width * 6)
        // A run takes no more than a gap of five digits, itself as long, and the name of a colour.
        scratch = Memory(count: width * 6 * 20)
        for colour in 0..<SixelFormat.mostRegisters { (first.base[colour], last.base[colour]) = (-1, -1) }
    }

    /// Writes an image where the cursor is.
    ///
    /// - Parameters:
    ///   - pixels: RGB, 8 bits each.
    ///   - samples: how many of them there are.
    ///   - size: of the image, in pixels of the screen: no smaller, and no wider than ``width``.
    func encode(
        _ pixels: UnsafePointer<UInt8>, samples: (across: Int, down: Int), size: (width: Int, height: Int), isDithered: Bool,
        into stream: inout PictureStream
    ) {
        body.removeAll(keepingCapacity: true)
        for colour in 0..<SixelFormat.mostRegisters { isNamed.base[colour] = false }
        var top = 0
        while top < size.height {
            let count = min(size.height - top, 6)
            for line in 0..<count {
                let row = (top + line) * samples.down / size.height
                load(
                    pixels + row * samples.across * 3, count: samples.across, width: size.width, row: row, line: line,
                    isDithered: isDithered)
            }
            if top > 0 { body.append(UInt8(ascii: "-")) }
            writeSixels(width: size.width, rows: count)
            top += 6
        }
        stream.open()
        // Pixels that are not named stay as they are; a pixel is as wide as high.
        stream.append(text: "\u{1B}P0;1q\"1;1;\(size.width);\(size.height)")
        for colour in 0..<palette.definitions.count where isNamed.base[colour] { stream.append(palette.definitions[colour]) }
        stream.append(body)
        stream.append(text: "\u{1B}\\")
    }

    /// Takes a row of pixels for a row of a sixel's six.
    private func load(_ pixels: UnsafePointer<UInt8>, count: Int, width: Int, row: Int, line: Int, isDithered: Bool) {
        let bytes = UnsafeMutableRawPointer(indices.base) + line
        let pattern = isDithered ? (row & 3) << 2 : SixelPalette.thresholds
        let (red, green, blue) = (palette.red.base, palette.green.base, palette.blue.base)
        var end = 0
        for index in 0..<count {
            let table = (isDithered ? pattern | index & 3 : pattern) << 8
            let pixel = pixels + index * 3
            let colour = red[table | Int(pixel[0])] &+ green[table | Int(pixel[1])] &+ blue[table | Int(pixel[2])]
            let start = end
            end = count == width ? start + 1 : (index + 1) * width / count
            for column in start..<end { bytes.storeBytes(of: colour, toByteOffset: column << 3, as: UInt8.self) }
        }
    }

    private func writeSixels(width: Int, rows: Int) {
        let colours = sort(width: width, rows: rows)
        let (runs, scratch) = (runs.base, scratch.base)
        var writer = SixelWriter(at: scratch)
        for index in 0..<colours {
            let colour = Int(used.base[index])
            if index > 0 { writer.append(UInt8(ascii: "$")) }
            writer.append(UInt8(ascii: "#"))
            writer.append(number: colour)
            isNamed.base[colour] = true
            var column: Int32 = 0
            var next = first.base[colour]
            while next >= 0 {
                let run = runs[Int(next)]
                writer.append(sixel: 0, count: Int(run.start &- column))
                writer.append(sixel: run.bits, count: Int(run.count))
                column = run.start &+ run.count
                next = run.next
            }
            (first.base[colour], last.base[colour]) = (-1, -1)
        }
        body.append(contentsOf: UnsafeBufferPointer(start: scratch, count: writer.next - scratch))
    }

    /// Sorts the columns by their colours.
    ///
    /// - Returns: how many colours there are.
    private func sort(width: Int, rows: Int) -> Int {
        let all: UInt8 = 63 >> UInt8(6 - rows)
        var colours = 0
        var count: Int32 = 0
        let (indices, runs, first, last, used) = (indices.base, runs.base, first.base, last.base, used.base)
        for column in 0..<Int32(width) {
            let pixels = indices[Int(column)]
            var left = all
            while left != 0 {
                let colour = Int(truncatingIfNeeded: pixels >> (UInt64(left.trailingZeroBitCount) << 3) & 255)
                let bits = Self.places(of: UInt64(colour), in: pixels) & left
                left ^= bits
                let tail = Int(last[colour])
                if tail >= 0, runs[tail].bits == bits, runs[tail].start + runs[tail].count == column {
                    runs[tail].count += 1
                    continue
                }
                runs[Int(count)] = Run(start: column, count: 1, bits: bits, next: -1)
                if tail >= 0 {
                    runs[tail].next = count
                } else {
                    first[colour] = count
                    used[colours] = UInt8(colour)
                    colours += 1
                }
                last[colour] = count
                count += 1
            }
        }
        return colours
    }

    /// A bit for each byte of eight that is `value`.
    @inline(__always)
    private static func places(of value: UInt64, in bytes: UInt64) -> UInt8 {
        let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
        let differences = bytes ^ (value &* 0x0101_0101_0101_0101)
        let equal = ~(((differences & low) &+ low) | differences | low)
        return UInt8(truncatingIfNeeded: ((equal >> 7) &* 0x0102_0408_1020_4080) >> 56)
    }
}

/// Writes sixels into memory that is large enough.
private struct SixelWriter {
    private(set) var next: UnsafeMutablePointer<UInt8>

    init(at start: UnsafeMutablePointer<UInt8>) { next = start }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        next.pointee = byte
        next += 1
    }

    @inline(__always)
    mutating func append(sixel bits: UInt8, count: Int) {
        if count > 3 {
            append(UInt8(ascii: "!"))
            append(number: count)
            append(63 &+ bits)
        } else {
            for _ in 0..<count { append(63 &+ bits) }
        }
    }

    /// - Parameter number: at most 99,999.
    @inline(__always)
    mutating func append(number: Int) {
        var place = number < 10 ? 1 : number < 100 ? 10 : number < 1000 ? 100 : number < 10_000 ? 1000 : 10_000
        var rest = number
        while place > 0 {
            append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest / place))
            rest %= place
            place /= 10
        }
    }
}
