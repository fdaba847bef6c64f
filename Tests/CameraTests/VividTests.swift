import Foundation
import TestProcesses
import Testing

/// Cameras of the kernel's test driver in a virtual machine, all that is done with one. It is booted once for all tests.
@Suite(.enabled(if: VirtualCamera.obstacle == nil, Comment(rawValue: VirtualCamera.obstacle ?? "")), .serialized)
struct VividTests {
    private static let findings = Task {
        try await VirtualCamera.run(
            """
            $trial list formats library counter=4 dropping late broken busy stalled fatal unplugged settings sizes plugging=8 forbidden
            $glyphone devices | sed 's/^/devices: /'
            $glyphone doctor | sed 's/^/doctor: /'
            $glyphone devices --json 2>/dev/null | sed 's/^/json: /'
            $glyphone mirror camera:/dev/video1@320x180@5 --output /run/picture --duration 3 --stats 2>&1 | sed 's/^/mirror: /'
            \(call)
            """, within: .seconds(300))
    }

    /// A whole call in the machine, whose one side's camera is unplugged and plugged in again. It prints what the other side had by then.
    private static let call = """
        missing=
        await() {
            [ -z "$missing" ] || return
            for step in $(seq 300); do grep -q "$2" $1 && return; sleep 0.2; done
            missing=$2
            echo "@failed trial=call missing=$missing"
        }
        frames() { grep -o '"framesDecoded":[0-9]*' /run/bob | tail -1 | sed 's/.*://'; }
        plug() { echo vivid.0 >/sys/bus/platform/drivers/vivid/$1; }
        $glyphone server --port 8080 >/run/server 2>&1 &
        server=$!
        await /run/server 8080
        bot="$glyphone bot --json --server ws://127.0.0.1:8080 --audio none --name"
        $bot bob --auto-answer --once --video none >/run/bob 2>/run/bob-says &
        bob=$!
        await /run/bob joined
        $bot alice --call bob --video camera:/dev/video0@320x180@5 --duration 120 >/run/alice 2>/run/alice-says &
        alice=$!
        await /run/bob first-frame
        await /run/bob '"framesDecoded":[1-9][0-9]'
        plug unbind
        await /run/bob-says "camera is off"
        await /run/alice-says "was disconnected"
        off=$(frames)
        plug bind
        await /run/bob-says "camera is on"
        for step in $(seq 100); do [ "$(frames)" -gt $((off + 5)) ] && break; sleep 0.2; done
        kill $alice
        wait $alice
        wait $bob
        echo "@call off=$off on=$(frames) ended=$(grep -c '"state":"ended"' /run/bob) reconnecting=$(grep -c reconnecting /run/bob)"
        sed 's/^/bob says: /' /run/bob-says
        sed 's/^/alice says: /' /run/alice-says
        kill $server
        """

    /// What was found; the test ends where there is no kernel to be had.
    private func findings() async throws -> Findings {
        guard let findings = try await Self.findings.value else { try Test.cancel("the kernel cannot be fetched here") }
        #expect(findings.first("failed") == nil, "\(findings.transcript)")
        return findings
    }

    private func line(_ name: String) async throws -> Findings.Line {
        let findings = try await findings()
        return try #require(findings.first(name), "\(findings.transcript)")
    }

    @Test func `Cameras are listed with their names and formats`() async throws {
        let cameras = try await findings().all("camera")
        #expect(cameras.map { $0.text("path") } == ["/dev/video0", "/dev/video1"])
        #expect(cameras.allSatisfy { $0.text("name") == "vivid" && $0.number("formats") > 60 })
    }

    @Test func `The commands show them`() async throws {
        let findings = try await findings()
        let devices = findings.transcript.filter { $0.hasPrefix("devices: ") }.joined(separator: "\n")
        #expect(devices.contains("camera:/dev/video0  vivid"))
        #expect(devices.contains("YUYV  YUYV 4:2:2: 320x180"), "\(devices)")
        let doctor = findings.transcript.filter { $0.hasPrefix("doctor: ") }.joined(separator: "\n")
        #expect(doctor.contains("/dev/video0  vivid: a call uses YU12 640x480 at 25"), "\(doctor)")
        let mirror = findings.transcript.filter { $0.hasPrefix("mirror: ") }.joined(separator: "\n")
        let shown = mirror.firstMatch(of: /"framesShown":([0-9]+)/).flatMap { Int($0.1) } ?? 0
        #expect(shown >= 3, "\(mirror)")
    }

    @Test func `Of the driver's modes the nearest is chosen`() async throws {
        let modes = try await findings().all("mode")
        #expect(modes.map { $0.text("size") } == ["640x480", "1280x720", "640x480"])
        #expect(modes.allSatisfy { $0.text("format") == "YU12" && $0.number("rate") > 0 })
    }

    @Test func `Every format that the driver offers shows its colour bars`() async throws {
        let formats = try await findings().all("format")
        #expect(formats.count > 60)
        // Of four or five bits for a component, two for blue, or a hue in steps of two degrees, the bars are not exact.
        let coarse = [
            "RGB1", "Y444", "R444", "XR12", "AR12", "RX12", "RA12", "XB12", "AB12", "BX12", "GA12", "YUVO", "YUVP", "HSV3", "HSV4",
        ]
        for format in formats {
            let limit = coarse.contains(format.text("name")) ? 10 : 2
            #expect(format.text("used") == format.text("name"))
            #expect(format.number("frames") > 0 && format.number("broken") == 0, "\(format)")
            #expect(0...limit ~= format.number("luma") && 0...limit ~= format.number("chroma"), "\(format)")
        }
    }

    @Test func `What only libv4l2 knows comes through libv4l2`() async throws {
        let line = try await line("library")
        #expect(line.number("frames") > 0)
        #expect(0...3 ~= line.number("luma") && 0...3 ~= line.number("chroma"))
    }

    @Test func `Each picture is the one that the driver counted`() async throws {
        try expectCounted(try await line("counter"), seconds: 4)
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["GLYPHONE_CAMERA_SECONDS"] != nil, "set GLYPHONE_CAMERA_SECONDS, as 60"))
    func `In a long run no picture is lost or repeated that the driver did not report`() async throws {
        let seconds = Int(ProcessInfo.processInfo.environment["GLYPHONE_CAMERA_SECONDS"] ?? "") ?? 60
        let findings = try await VirtualCamera.run("$trial counter=\(seconds)", within: .seconds(seconds + 120))
        guard let findings else { try Test.cancel("the kernel cannot be fetched here") }
        let line = try #require(findings.first("counter"), "\(findings.transcript)")
        print(line)
        try expectCounted(line, seconds: seconds)
    }

    private func expectCounted(_ line: Findings.Line, seconds: Int) throws {
        #expect(line.number("wrong") == 0 && line.number("repeated") == 0 && line.number("backward") == 0, "\(line)")
        #expect(line.number("gaps") == line.number("dropped") && line.number("broken") == 0, "\(line)")
        #expect(line.number("digits") == 10 && line.number("distinct") == 10, "\(line)")
        // The driver has 25 a second of this size at most.
        #expect(24...26 ~= line.number("rate"), "\(line)")
        #expect(line.number("frames") + line.number("gaps") >= seconds * 20, "\(line)")
    }

    @Test func `Pictures that the driver leaves out are counted`() async throws {
        let line = try await line("dropping")
        #expect(line.number("dropped") > 5, "\(line)")
    }

    @Test func `Pictures that were waited for have the driver's times`() async throws {
        // Five a second, two of which waited for as long as it takes to make them.
        let line = try await line("late")
        #expect(line.number("closest-ms") > 50, "\(line)")
    }

    @Test func `A broken picture is left out and counted`() async throws {
        let line = try await line("broken")
        #expect(line.number("broken") == 1 && line.text("goes-on") == "true" && line.number("notes") == 0, "\(line)")
    }

    @Test func `A camera in use is waited for`() async throws {
        let line = try await line("busy")
        #expect(line.number("before") == 0 && line.text("came") == "true", "\(line)")
        #expect(line.text("note").contains("is in use by another program: close that one"))
        #expect(line.text("last") == "the camera \"vivid\" is back")
        #expect(line.text("mutes") == "[true, false]")
    }

    @Test func `A forbidden camera names its group and how to join it`() async throws {
        let line = try await line("forbidden")
        #expect(line.number("cameras") == 0 && line.number("unusable") == 2, "\(line)")
        #expect(line.text("reason").contains("it belongs to the group \"video\"; sudo usermod -aG video "))
    }

    @Test func `A camera that gives nothing for five seconds is told of, and comes back`() async throws {
        let line = try await line("stalled")
        #expect(line.text("muted") == "true" && line.text("came") == "true" && line.text("mutes") == "[false, true, false]", "\(line)")
        #expect(4500...15_000 ~= line.number("after-ms"), "\(line)")
        #expect(line.text("notes").contains("is on but gives no pictures"))
    }

    @Test func `A driver that gives up is opened again`() async throws {
        let line = try await line("fatal")
        #expect(line.text("came") == "true" && line.text("mutes") == "[false, true, false]", "\(line)")
        #expect(line.text("notes").contains("failed to deliver pictures"))
    }

    @Test func `A camera is unplugged and plugged in again in the middle`() async throws {
        let line = try await line("unplugged")
        #expect(line.text("absent") == "true" && line.text("came") == "true" && line.text("mutes") == "[false, true, false]", "\(line)")
        #expect(line.text("notes").contains("was disconnected: connect it again and it goes on"))
        #expect(line.text("notes").hasSuffix("is back\\\"\"]") || line.text("notes").contains("is back"))
        #expect(0..<10_000 ~= line.number("gone-ms") && 0..<15_000 ~= line.number("back-ms"), "\(line)")
        #expect(try await self.line("closed").number("descriptors") == 0)
    }

    @Test func `In a call the other side sees the camera off while it is unplugged, and its pictures after that`() async throws {
        let line = try await line("call")
        let transcript = try await findings().transcript
        #expect(line.number("off") >= 10 && line.number("on") > line.number("off") + 5, "\(line)")
        #expect(line.number("ended") == 1 && line.number("reconnecting") == 0, "\(line)")
        func says(_ who: String) -> [String] {
            transcript.filter { $0.hasPrefix("\(who) says: ") }.map { String($0.dropFirst(who.count + 7)) }
        }
        #expect(says("bob").filter { $0.contains("camera") }.map { $0.hasSuffix("is on.") } == [false, true], "\(says("bob"))")
        #expect(says("alice").contains { $0.contains("was disconnected: connect it again and it goes on") }, "\(says("alice"))")
        #expect(says("alice").contains { $0.contains("is back") }, "\(says("alice"))")
    }

    @Test func `The commands give them as JSON, too`() async throws {
        struct Device: Decodable {
            struct Format: Decodable { var pixelFormat: String }
            var kind, deviceId, label, option: String
            var isDefault: Bool
            var formats: [Format]
        }
        let lines = try await findings().transcript.filter { $0.hasPrefix("json: ") }
        let devices = try lines.map { try JSONDecoder().decode(Device.self, from: Data($0.dropFirst(6).utf8)) }
        #expect(devices.map(\.deviceId) == ["/dev/video0", "/dev/video1"])
        #expect(devices.map(\.isDefault) == [true, false])
        #expect(devices.allSatisfy { $0.kind == "videoinput" && $0.label == "vivid" && $0.option == "camera:\($0.deviceId)" })
        #expect(devices.allSatisfy { $0.formats.contains { $0.pixelFormat == "YUYV" } })
    }

    @Test func `Brightness, mirror and gain are set in percents and words`() async throws {
        let settings = try await findings().all("setting")
        let found = settings.prefix(5).map { "\($0.text("set")): \($0.text("is"))" }
        #expect(found == ["brightness 0: 0 %", "brightness 75: 75 %", "mirror on: on", "gain auto: auto", "gain 30: 30 %"])
        #expect(settings.contains { $0.text("error").contains("has no focus to set: it has brightness, contrast") })
        #expect(settings.last?.text("is") == settings.last?.text("before"))
    }

    @Test func `A size that the driver has not is replaced by the nearest, and said`() async throws {
        let sizes = try await findings().all("size")
        #expect(sizes.map { $0.text("size") } == ["640x480", "1280x720", "640x480"])
        #expect(sizes.map { $0.text("notes") == "[]" } == [true, true, false])
        #expect(sizes.last?.text("notes").contains("has no pictures of 700x500: it gives 640x480") == true)
    }

    @Test func `Plugging at random leaks nothing and stalls nothing`() async throws {
        let line = try await line("plugging")
        #expect(line.number("plugs") > 3 && line.number("starts") > 0 && line.text("came") == "true", "\(line)")
        #expect(line.number("descriptors") == 0 && line.number("threads") == 0, "\(line)")
        #expect(line.number("kilobytes") < 4096, "\(line)")
    }
}
