import ArgumentParser
import CBench
import Codecs
import Devices
import Foundation
import MediaSources

/// What a camera's pictures cost before they are encoded, without a camera: in each format that webcams have, from the driver's memory to
/// I420, beside libv4l2's converter and, of Motion JPEG, libjpeg-turbo's own interface.
struct CameraBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "camera", abstract: "The processor time of a camera's pictures, from the driver's memory to I420.")

    @Option(help: "Pictures of each format and size.")
    var frames = 300

    func validate() throws {
        guard 10...100_000 ~= frames else { throw ValidationError("--frames must lie between 10 and 100000.") }
    }

    func run() throws {
        print("size      format     KB  µs a picture  share of a core at 30/s  libv4l2's µs  libjpeg-turbo's own µs")
        for (width, height) in [(640, 480), (1280, 720)] {
            for name in ["YU12", "NV12", "YUYV", "UYVY", "RGB3", "MJPG"] {
                let pictures = try CameraPictures(name, width: width, height: height)
                let ours = try Self.conversionCost(pictures, frames: frames)
                let library = try? libraryCost(pictures)
                let turbo = name == "MJPG" ? try turboCost(pictures) : nil
                let columns = [
                    "\(width)x\(height)".padding(toLength: 9, withPad: " ", startingAt: 0), name,
                    String(format: "%6d", pictures.meanBytes / 1_000), text(ours, 11),
                    text(ours * 30 / 10_000, 22) + " %", library.map { text($0, 12) } ?? "           –", turbo.map { text($0, 12) } ?? "",
                ]
                print(columns.joined(separator: "  "))
            }
        }
    }

    struct Failure: Error, CustomStringConvertible {
        var name: String
        var description: String { "a picture of \(name) could not be converted" }
    }

    /// Microseconds of this thread's processor time for a picture, from the driver's memory to I420.
    ///
    /// - Parameter rate: pictures a second, as a camera gives them; nil for one right after the other, which find the caches warm.
    static func conversionCost(_ pictures: CameraPictures, frames: Int, rate: Int? = nil) throws -> Double {
        guard let converter = PictureConverter(format: pictures.format, width: pictures.width, height: pictures.height) else {
            throw Failure(name: pictures.format.description)
        }
        let pool = I420Pool()
        return try perFrame(frames, rate: rate) { index in
            guard pictures.withBytes(index, { converter.convert($0, pool) }) != nil else {
                throw Failure(name: pictures.format.description)
            }
        }
    }

    /// Microseconds of this thread's processor time; the first tenth only warms up.
    private static func perFrame(_ frames: Int, rate: Int? = nil, _ body: (Int) throws -> Void) rethrows -> Double {
        for index in 0..<frames / 10 { try body(index) }
        let (start, began) = (CodecCost.processorTime(), ContinuousClock.now)
        for index in 0..<frames {
            if let rate {
                Thread.sleep(until: Date(timeIntervalSinceNow: (began.advanced(by: .seconds(1) * index / rate) - .now) / .seconds(1)))
            }
            try body(index)
        }
        return (CodecCost.processorTime() - start) * 1e6 / Double(frames)
    }

    /// libv4l2's converter: it writes planes without gaps, and does not bring Motion JPEG to limited range.
    private func libraryCost(_ pictures: CameraPictures) throws -> Double {
        guard let converter = glyphone_v4lconvert_start() else { throw Failure(name: "libv4l2") }
        defer { glyphone_v4lconvert_end(converter) }
        var target = [UInt8](repeating: 0, count: pictures.width * pictures.height * 3 / 2)
        return try Self.perFrame(frames) { index in
            let count = pictures.withBytes(index) { bytes in
                glyphone_v4lconvert(
                    converter, pictures.format.code, UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)),
                    Int32(bytes.count), Int32(pictures.stride), &target, Int32(target.count), Int32(pictures.width), Int32(pictures.height))
            }
            guard count > 0 else { throw Failure(name: "libv4l2") }
        }
    }

    /// libjpeg-turbo, into planes of chroma as high as luma: half of the work that is left then is not counted.
    private func turboCost(_ pictures: CameraPictures) throws -> Double {
        let decoder = glyphone_turbojpeg_start()
        defer { glyphone_turbojpeg_end(decoder) }
        var y = [UInt8](repeating: 0, count: pictures.width * pictures.height)
        var (u, v) = (y, y)
        return try Self.perFrame(frames) { index in
            let status = pictures.withBytes(index) { bytes in
                glyphone_turbojpeg_decode(
                    decoder, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, &y, &u, &v, Int32(pictures.width),
                    Int32(pictures.height))
            }
            guard status == 0 else { throw Failure(name: "libjpeg-turbo") }
        }
    }

    private func text(_ value: Double, _ width: Int) -> String {
        let number = String(format: "%.2f", value)
        return String(repeating: " ", count: max(0, width - number.count)) + number
    }
}

/// Some pictures as a camera's driver hands them over.
struct CameraPictures {
    let format: PixelFormat
    let width: Int
    let height: Int
    let stride: Int
    private var pictures: [[UInt8]] = []

    init(_ name: String, width: Int, height: Int) throws {
        let code = name.utf8.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        format = PixelFormat(code: code)
        self.width = width
        self.height = height
        stride = ["YUYV": 2, "UYVY": 2, "RGB3": 3][name].map { $0 * width } ?? (name == "MJPG" ? 0 : width)
        let source = TestPicture.picture(for: try TestVideoFormat(width: width, height: height))
        for index in 0..<10 {
            let picture = try I420Buffer(width: width, height: height)
            source.draw(on: picture, at: Double(index) / 30)
            pictures.append(try Self.bytes(of: picture, as: name))
        }
    }

    /// The size of one, on the average.
    var meanBytes: Int { pictures.reduce(0) { $0 + $1.count } / max(1, pictures.count) }

    func withBytes<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        pictures[index % pictures.count].withUnsafeBytes(body)
    }

    private static func bytes(of picture: I420Buffer, as name: String) throws -> [UInt8] {
        try picture.withPlanes { y, u, v in
            var bytes: [UInt8] = []
            switch name {
            case "MJPG":
                bytes = [UInt8](repeating: 0, count: picture.width * picture.height * 3)
                let strides = [Int32(y.stride), Int32(u.stride), Int32(v.stride)]
                let count = glyphone_jpeg_encode(
                    y.samples.baseAddress, u.samples.baseAddress, v.samples.baseAddress, strides, Int32(picture.width),
                    Int32(picture.height),
                    &bytes, bytes.count)
                guard count > 0 else { throw CameraBenchmark.Failure(name: name) }
                bytes.removeLast(bytes.count - count)
            case "YU12", "NV12":
                for row in 0..<y.height { bytes += y.row(row) }
                if name == "YU12" {
                    for plane in [u, v] { for row in 0..<plane.height { bytes += plane.row(row) } }
                } else {
                    for row in 0..<u.height { for (u, v) in zip(u.row(row), v.row(row)) { bytes += [u, v] } }
                }
            default:
                for row in 0..<y.height {
                    let (luma, first, second) = (y.row(row), u.row(row / 2), v.row(row / 2))
                    for column in 0..<picture.width / 2 {
                        switch name {
                        case "YUYV": bytes += [luma[2 * column], first[column], luma[2 * column + 1], second[column]]
                        case "UYVY": bytes += [first[column], luma[2 * column], second[column], luma[2 * column + 1]]
                        default:
                            bytes += [luma[2 * column], first[column], second[column], luma[2 * column + 1], first[column], second[column]]
                        }
                    }
                }
            }
            return bytes
        }
    }
}
