import MediaSources
import Testing

import Devices

/// Which of a camera's modes is used.
@Suite struct ModeTests {
    private func format(_ name: StaticString, _ sizes: CameraSize...) -> CameraFormat {
        CameraFormat(pixelFormat: PixelFormat(name), name: "\(name)", sizes: sizes)
    }

    private func best(_ formats: [CameraFormat], _ width: Int = 640, _ height: Int = 480, _ rate: Int = 30) throws -> String {
        let wanted = try #require(CaptureFormat(width: width, height: height, framesPerSecond: rate))
        return try #require(CameraMode.best(of: formats, for: wanted)).description
    }

    /// As webcams on USB 2 have them.
    private var webcam: [CameraFormat] {
        [
            format(
                "YUYV", CameraSize(640, 480, rates: [30, 15]), CameraSize(320, 240, rates: [30]), CameraSize(1280, 720, rates: [10, 5])),
            format("MJPG", CameraSize(640, 480, rates: [30]), CameraSize(1280, 720, rates: [30]), CameraSize(1920, 1080, rates: [30])),
        ]
    }

    @Test func `What is exact and least work is used`() throws {
        #expect(try best(webcam) == "YUYV 640x480 at 30")
        #expect(try best(webcam, 320, 240, 30) == "YUYV 320x240 at 30")
    }

    @Test func `Motion JPEG is used where only it is fast enough`() throws {
        #expect(try best(webcam, 1280, 720) == "MJPG 1280x720 at 30")
        #expect(try best(webcam, 1280, 720, 10) == "YUYV 1280x720 at 10")
        #expect(try best(webcam, 1920, 1080, 25) == "MJPG 1920x1080 at 30")
    }

    @Test func `The nearest size is used where the wanted one is missing`() throws {
        #expect(try best(webcam, 800, 600) == "YUYV 640x480 at 30")
        #expect(try best(webcam, 16, 16) == "YUYV 320x240 at 30")
        #expect(try best(webcam, 7680, 4320) == "MJPG 1920x1080 at 30")
    }

    @Test func `Of formats alike the planar ones go before the interleaved, those before red, green and blue`() throws {
        let names: [StaticString] = ["MJPG", "RGB3", "YUYV", "NV12", "YU12"]
        for count in 1...names.count {
            let formats = names.prefix(count).map { format($0, CameraSize(640, 480, rates: [30])) }
            #expect(try best(formats).hasPrefix("\(names[count - 1]) "))
            #expect(try best(formats.reversed()).hasPrefix("\(names[count - 1]) "))
        }
    }

    @Test func `A camera with colours is not asked for grey, one without gives what it has`() throws {
        let infrared = format("GREY", CameraSize(640, 480, rates: [30]))
        #expect(try best([infrared, format("MJPG", CameraSize(320, 180, rates: [5]))]) == "MJPG 320x180 at 5")
        #expect(try best([infrared]) == "GREY 640x480 at 30")
    }

    @Test func `Ranges of sizes and rates give the nearest step`() throws {
        let range = CameraSize(
            width: CameraSize.Side(48...2592, step: 16), height: CameraSize.Side(32...1944, step: 8), rates: [1, 60], hasRatesBetween: true)
        #expect(try best([format("YU12", range)], 650, 487, 25) == "YU12 640x480 at 25")
        #expect(try best([format("YU12", range)], 16, 16, 240) == "YU12 48x32 at 60")
    }

    @Test func `A driver that tells no rate gets the one that is wanted`() throws {
        #expect(try best([format("YUYV", CameraSize(640, 480))]) == "YUYV 640x480 at 30")
    }

    @Test func `Without a format that is converted here there is no mode`() {
        #expect(CameraMode.best(of: [format("H264", CameraSize(640, 480))], for: CaptureFormat()) == nil)
        #expect(CameraMode.best(of: [format("YUYV")], for: CaptureFormat()) == nil)
        #expect(CameraMode.best(of: [], for: CaptureFormat()) == nil)
    }

    @Test func `Formats go by their four characters`() {
        #expect(PixelFormat("YUYV").code == 0x5659_5559)
        #expect(PixelFormat("Y10 ").description == "Y10")
        #expect(PixelFormat("Y16 -BE").description == "Y16-BE")
        #expect(PixelFormat(code: 0xffff_ff01).description == "????-BE")
    }
}

/// The settings of cameras in people's words.
@Suite struct SettingTests {
    @Test func `A name and a value are read`() throws {
        #expect(try CameraSetting(parsing: "brightness 50").value == .percent(50))
        #expect(try CameraSetting(parsing: "contrast 100%").value == .percent(100))
        #expect(try CameraSetting(parsing: "exposure auto").value == .auto)
        #expect(try CameraSetting(parsing: "mirror  on ").value == .on)
    }

    @Test(arguments: [
        "", "brightness", "brightness 101", "brightness -1", "brightness 5 5", "colour 5", "brightness ½", "focus 99999999999999999999",
    ])
    func `What is no setting is answered with what can be written`(text: String) {
        let error = #expect(throws: MediaError.self) { try CameraSetting(parsing: text) }
        #expect(error?.description.contains(": write a") == true)
    }

    @Test func `A camera that is not there has none`() throws {
        let setting = try CameraSetting(parsing: "brightness 50")
        let error = #expect(throws: MediaError.self) { try setting.apply(path: "/dev/video-none") }
        #expect(error?.description.hasPrefix("there is no camera") == true)
    }
}
