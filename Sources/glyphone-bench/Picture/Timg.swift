import Codecs
import Foundation

/// Debian's timg drawing half blocks from a raw film, as a process of its own.
enum Timg {
    /// Processor time for a picture, in milliseconds: reading it raw, scaling and writing. What starting takes is left out: the difference
    /// of a long and a short film counts.
    ///
    /// - Returns: nil if timg is not there.
    static func milliseconds(_ frames: [I420Buffer], columns: Int, rows: Int, folder: URL) throws -> Double? {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/timg") else { return nil }
        let short = folder.appendingPathComponent("short.y4m")
        let long = folder.appendingPathComponent("long.y4m")
        defer {
            try? FileManager.default.removeItem(at: short)
            try? FileManager.default.removeItem(at: long)
        }
        try write(frames, count: 20, to: short)
        try write(frames, count: 220, to: long)
        let time = try seconds(long, columns: columns, rows: rows) - seconds(short, columns: columns, rows: rows)
        return time / 200 * 1000
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

    private static func seconds(_ file: URL, columns: Int, rows: Int) throws -> Double {
        let before = children()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/timg")
        process.arguments = ["-V", "-ph", "-U", "--threads=1", "-g\(columns)x\(rows)", "-o/dev/null", file.path]
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
