import Codecs
import Foundation

/// Debian's timg drawing half blocks from a raw film, as a process of its own.
struct Timg {
    private static let pictures = (short: 20, long: 220)

    private let short: URL
    private let long: URL
    private let screen: String
    /// The least processor time of each film, in seconds.
    private var least = (short: Double.infinity, long: Double.infinity)

    /// - Returns: nil if timg is not there.
    init?(_ frames: [I420Buffer], columns: Int, rows: Int, folder: URL) throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/timg") else { return nil }
        short = folder.appendingPathComponent("short.y4m")
        long = folder.appendingPathComponent("long.y4m")
        screen = "\(columns)x\(rows)"
        try Self.write(frames, count: Self.pictures.short, to: short)
        try Self.write(frames, count: Self.pictures.long, to: long)
    }

    /// Draws both films once.
    mutating func run() throws {
        least.short = min(least.short, try Self.seconds(short, screen))
        least.long = min(least.long, try Self.seconds(long, screen))
    }

    /// Processor time for a picture: reading it raw, scaling and writing. What starting takes is left out, by the difference of the two films.
    var milliseconds: Double { (least.long - least.short) / Double(Self.pictures.long - Self.pictures.short) * 1000 }

    func removeFilms() {
        for film in [short, long] { try? FileManager.default.removeItem(at: film) }
    }

    private static func write(_ frames: [I420Buffer], count: Int, to file: URL) throws {
        var data = Data("YUV4MPEG2 W\(frames[0].width) H\(frames[0].height) F200:1 Ip A1:1 C420jpeg\n".utf8)
        for index in 0..<count {
            data += Data("FRAME\n".utf8)
            frames[index % frames.count].withPlanes { y, u, v in
                for plane in [y, u, v] { for row in 0..<plane.height { data += Data(plane.row(row).prefix(plane.width)) } }
            }
        }
        try data.write(to: file)
    }

    private static func seconds(_ film: URL, _ screen: String) throws -> Double {
        let before = children()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/timg")
        process.arguments = ["-V", "-ph", "-U", "--threads=1", "-g\(screen)", "-o/dev/null", film.path]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return children() - before
    }

    /// Processor time of the processes that have ended, in seconds, theirs and the system's for them.
    private static func children() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
