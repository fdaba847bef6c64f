import Codecs
import Devices
import Glibc
import MediaSources

/// Whether the pictures are those that the driver counted.
extension Trial {
    /// Reads the number that the driver writes into each picture, and compares it with the one that it tells.
    ///
    /// The font is not known here: what each digit looks like is learned from the first picture that has it. A picture that is
    /// in another's place then has a digit that looks like another. One that is given twice has the same time in it, too, down to the
    /// millisecond. The same number at another time is the driver's doing: it waits for the next picture from when it began to draw the
    /// last, and if drawing took longer than half the time between two, it comes too early and rounds to the number that it gave before.
    static func counter(_ seconds: Int) throws {
        let mode = CameraMode(pixelFormat: PixelFormat(code: 0x5659_5559), width: 640, height: 480, framesPerSecond: 30)  // YUYV
        let stream = try CameraStream(path: path, mode: mode, wanted: CaptureFormat())
        let pool = I420Pool()
        var glyphs: [Int: [UInt8]] = [:]
        var (frames, wrong, gaps, repeated, backward) = (0, 0, 0, 0, 0)
        var renumbered = 0
        var last: (sequence: UInt32, time: [UInt8])?
        var times: [Duration] = []
        let end = MediaClock.monotonicNanoseconds + Int64(max(seconds, 3)) * 1_000_000_000
        while MediaClock.monotonicNanoseconds < end {
            guard let capture = try stream.next(pool), let frame = capture.frame else { continue }
            frames += 1
            let shown = Self.bits(of: frame.buffer, cells: 1..<13)
            if let last {
                if shown == last.time { repeated += 1 } else if capture.sequence == last.sequence { renumbered += 1 }
                if capture.sequence > last.sequence + 1 { gaps += Int(capture.sequence - last.sequence) - 1 }
            }
            if let time = times.last, frame.timestamp <= time { backward += 1 }
            times.append(frame.timestamp)
            last = (capture.sequence, shown)
            if !reads(frame.buffer, capture.sequence, &glyphs) { wrong += 1 }
        }
        let intervals = zip(times.dropFirst(), times).map { ($0 - $1).wholeNanoseconds }
        let span = times.count > 1 ? (times[times.count - 1] - times[0]).wholeNanoseconds : 1
        report(
            "counter",
            [
                "frames": frames, "wrong": wrong, "repeated": repeated, "renumbered": renumbered, "gaps": gaps,
                "dropped": stream.statistics.framesDropped,
                "broken": stream.statistics.framesBroken, "backward": backward, "digits": glyphs.count,
                "distinct": Set(glyphs.values).count, "rate": Double((frames - 1 + gaps)) * 1e9 / Double(span),
                "longest-ms": (intervals.max() ?? 0) / 1_000_000,
            ])
    }

    /// Whether the digits of a number stand in the picture, after a space, a time and a space, in cells of 8x16 pixels.
    private static func reads(_ picture: I420Buffer, _ number: UInt32, _ glyphs: inout [Int: [UInt8]]) -> Bool {
        var isRight = true
        for (place, digit) in String(number).enumerated() {
            guard let digit = digit.wholeNumberValue else { continue }
            let glyph = bits(of: picture, cells: (14 + place)..<(15 + place))
            if let known = glyphs[digit] { isRight = isRight && known == glyph } else { glyphs[digit] = glyph }
        }
        return isRight
    }

    /// What stands in some of the cells of the first line: which of their pixels are bright.
    private static func bits(of picture: I420Buffer, cells: Range<Int>) -> [UInt8] {
        picture.withPlanes { y, _, _ in
            cells.flatMap { cell in
                (16..<32).map { row in
                    (0..<8).reduce(UInt8(0)) { bits, column in bits << 1 | (y.row(row)[16 + cell * 8 + column] > 128 ? 1 : 0) }
                }
            }
        }
    }

    /// The driver leaves pictures out, and says so by its count.
    static func dropping(_: Int) throws {
        let watched = Watched()
        watched.start()
        _ = watched.awaitFrames(5)
        try set("Percentage of Dropped Buffers", 50)
        _ = watched.awaitFrames(30)
        try set("Percentage of Dropped Buffers", 0)
        watched.source.stop()
        let counts = watched.source.statistics
        report("dropping", ["captured": counts.framesCaptured, "dropped": counts.framesDropped, "broken": counts.framesBroken])
    }

    /// Pictures that have to wait for us come with the driver's times, not with ours.
    static func late(_: Int) throws {
        let mode = CameraMode(pixelFormat: PixelFormat(code: 0x5659_5559), width: 320, height: 180, framesPerSecond: 5)  // YUYV
        let stream = try CameraStream(path: path, mode: mode, wanted: CaptureFormat())
        let pool = I420Pool()
        var times: [Duration] = []
        while times.count < 8 {
            guard let frame = try stream.next(pool)?.frame else { continue }
            times.append(frame.timestamp)
            // Two or three pictures are made meanwhile.
            if times.count == 3 { usleep(500_000) }
        }
        let intervals = zip(times.dropFirst(), times).map { ($0 - $1).wholeNanoseconds }
        report("late", ["closest-ms": (intervals.min() ?? 0) / 1_000_000, "longest-ms": (intervals.max() ?? 0) / 1_000_000])
    }

    /// The driver marks one picture as broken.
    static func broken(_: Int) throws {
        let watched = Watched()
        watched.start()
        _ = watched.awaitFrames(5)
        try set("Inject V4L2_BUF_FLAG_ERROR", 0)
        let goesOn = watched.awaitFrames(10)
        watched.source.stop()
        report("broken", ["broken": watched.source.statistics.framesBroken, "goes-on": goesOn, "notes": watched.notes.count])
    }
}
