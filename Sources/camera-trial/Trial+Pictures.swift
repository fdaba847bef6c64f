import Codecs
import Devices
import MediaSources

/// What the pictures show.
extension Trial {
    /// Luma and chroma of the eight bars at three quarters of the brightness, in BT.601's limited range.
    private static let bars: [(y: Int, u: Int, v: Int)] = [
        (180, 128, 128), (162, 44, 142), (131, 156, 44), (112, 72, 58), (84, 184, 198), (65, 100, 212), (35, 212, 114), (16, 128, 128),
    ]

    /// What the driver gives for the bars where there is no colour: BT.709's luma, 0...255.
    private static let greys = [191, 177, 150, 136, 54, 40, 13, 0]

    static func list(_: Int) throws {
        for camera in CameraDevice.list() {
            report("camera", ["path": camera.path, "name": camera.name, "formats": camera.formats.count])
        }
        let camera = try CameraDevice(path: path)
        for wish in [
            CaptureFormat(), CaptureFormat(width: 1280, height: 720), CaptureFormat(width: 1000, height: 700, framesPerSecond: 25),
        ] {
            guard let wish, let mode = camera.mode(for: wish) else { continue }
            report(
                "mode", ["wish": wish, "format": mode.pixelFormat, "size": "\(mode.width)x\(mode.height)", "rate": mode.framesPerSecond])
        }
    }

    /// Captures some pictures in every format that the driver offers.
    static func formats(_: Int) throws {
        try set("OSD Text Mode", 2)
        defer { try? set("OSD Text Mode", 0) }
        let pool = I420Pool()
        for format in try CameraDevice(path: path).formats {
            let mode = CameraMode(pixelFormat: format.pixelFormat, width: 320, height: 180, framesPerSecond: 30)
            do {
                let stream = try CameraStream(path: path, mode: mode, wanted: CaptureFormat())
                guard let picture = try picture(stream, pool) else {
                    report("format", ["name": format.pixelFormat, "frames": 0])
                    continue
                }
                let off = deviation(picture, isGrey: ["GREY", "Y10", "Y12", "Y16", "Y16-BE"].contains(format.pixelFormat.description))
                report(
                    "format",
                    [
                        "name": format.pixelFormat, "used": stream.mode.pixelFormat, "frames": stream.statistics.framesCaptured,
                        "broken": stream.statistics.framesBroken, "luma": off.luma, "chroma": off.chroma,
                    ])
            } catch {
                report("format", ["name": format.pixelFormat, "frames": 0, "error": error])
            }
        }
    }

    /// A picture that libv4l2 made of what the camera gives.
    static func library(_: Int) throws {
        try set("OSD Text Mode", 2)
        defer { try? set("OSD Text Mode", 0) }
        let wish = CaptureFormat(width: 320, height: 180) ?? CaptureFormat()
        let stream = try CameraStream(path: path, mode: nil, wanted: wish)
        guard let picture = try picture(stream, I420Pool()) else { return report("library", ["frames": 0]) }
        let off = deviation(picture)
        report("library", ["frames": stream.statistics.framesCaptured, "luma": off.luma, "chroma": off.chroma])
    }

    /// The driver does not have every size.
    static func sizes(_: Int) throws {
        for wish in [
            CaptureFormat(width: 640, height: 480, framesPerSecond: 5), CaptureFormat(width: 1280, height: 720, framesPerSecond: 5),
            CaptureFormat(width: 700, height: 500, framesPerSecond: 5),
        ] {
            guard let wish else { continue }
            let watched = Watched(format: wish)
            watched.start()
            let came = watched.awaitFrames(1)
            _ = watched.size.0 == wish.width || watched.awaitNotes(1)
            watched.source.stop()
            report("size", ["wish": wish, "came": came, "size": "\(watched.size.0)x\(watched.size.1)", "notes": watched.notes])
        }
    }

    /// The third picture: the first ones may be from before a control was set.
    private static func picture(_ stream: CameraStream, _ pool: I420Pool) throws -> I420Buffer? {
        var last: I420Buffer?
        let deadline = MediaClock.monotonicNanoseconds + 5_000_000_000
        while stream.statistics.framesCaptured < 3, stream.statistics.framesBroken < 3, MediaClock.monotonicNanoseconds < deadline {
            if let frame = try stream.next(pool)?.frame { last = frame.buffer }
        }
        return last
    }

    /// How far the bars are from what they should be, at the worst of eight places.
    private static func deviation(_ picture: I420Buffer, isGrey: Bool = false) -> (luma: Int, chroma: Int) {
        picture.withPlanes { y, u, v in
            var (luma, chroma) = (0, 0)
            for (index, colour) in bars.enumerated() {
                let bar = isGrey ? (y: greys[index], u: 128, v: 128) : colour
                let column = (2 * index + 1) * picture.width / 16
                luma = max(luma, abs(mean(y, column, picture.height / 2) - bar.y))
                chroma = max(
                    chroma, abs(mean(u, column / 2, picture.height / 4) - bar.u), abs(mean(v, column / 2, picture.height / 4) - bar.v))
            }
            return (luma, chroma)
        }
    }

    private static func mean(_ plane: I420Buffer.Plane, _ column: Int, _ row: Int) -> Int {
        var sum = 0
        for y in row - 2..<row + 2 { for x in column - 2..<column + 2 { sum += Int(plane.row(y)[x]) } }
        return (sum + 8) / 16
    }
}
