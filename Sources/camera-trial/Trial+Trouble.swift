import Devices
import Glibc
import MediaSources

/// What goes wrong with cameras.
extension Trial {
    /// Another program has the camera, and lets it go.
    static func busy(_: Int) throws {
        let (first, second) = (Watched(), Watched())
        first.start()
        _ = first.awaitFrames(2)
        second.start()
        _ = second.awaitNotes(1)
        let note = second.notes.first ?? ""
        let before = second.frames
        first.source.stop()
        let came = second.awaitFrames(2)
        second.source.stop()
        report("busy", ["before": before, "came": came, "mutes": second.mutes, "note": note, "last": second.notes.last ?? ""])
    }

    /// The device belongs to a group that this user is not in.
    static func forbidden(_: Int) throws {
        guard let group = getgrnam("video") else { throw MediaError("there is no group video") }
        for device in [path, "/dev/video1"] {
            chown(device, 0, group.pointee.gr_gid)
            chmod(device, 0o660)
        }
        // The thread's own rights: without the privilege to pass by them.
        guard setegid(65534) == 0, setgroups(0, nil) == 0, seteuid(65534) == 0 else { throw MediaError("rights cannot be given up") }
        let survey = CameraSurvey()
        let reason = survey.problem?.description ?? ""
        seteuid(0)
        setegid(0)
        report("forbidden", ["cameras": survey.cameras.count, "unusable": survey.unusable.count, "reason": reason])
    }

    /// The camera is on and gives nothing.
    static func stalled(_: Int) throws {
        let watched = Watched()
        watched.start()
        _ = watched.awaitFrames(5)
        try set("Percentage of Dropped Buffers", 100)
        let start = MediaClock.monotonicNanoseconds
        let isMuted = watched.awaitMutes(2)
        let silence = (MediaClock.monotonicNanoseconds - start) / 1_000_000
        try set("Percentage of Dropped Buffers", 0)
        let came = watched.awaitFrames(5)
        _ = watched.awaitNotes(2)
        watched.source.stop()
        report("stalled", ["muted": isMuted, "after-ms": silence, "came": came, "mutes": watched.mutes, "notes": watched.notes])
    }

    /// The driver gives up in the middle, and works again when it is opened anew.
    static func fatal(_: Int) throws {
        let watched = Watched()
        watched.start()
        _ = watched.awaitFrames(5)
        try set("Inject Fatal Streaming Error", 0)
        _ = watched.awaitNotes(1)
        let came = watched.awaitFrames(5)
        watched.source.stop()
        report("fatal", ["came": came, "mutes": watched.mutes, "notes": watched.notes])
    }

    /// The camera is taken away in the middle, and comes back.
    static func unplugged(_: Int) throws {
        let watched = Watched()
        watched.start()
        _ = watched.awaitFrames(5)
        let start = MediaClock.monotonicNanoseconds
        try plug(false)
        let isMuted = watched.awaitMutes(2)
        let gone = (MediaClock.monotonicNanoseconds - start) / 1_000_000
        let isAbsent = CameraDevice.list().isEmpty
        let again = MediaClock.monotonicNanoseconds
        try plug(true)
        let came = watched.awaitFrames(5)
        let back = (MediaClock.monotonicNanoseconds - again) / 1_000_000
        _ = watched.awaitNotes(2)
        watched.source.stop()
        report(
            "unplugged",
            [
                "muted": isMuted, "gone-ms": gone, "absent": isAbsent, "came": came, "back-ms": back, "mutes": watched.mutes,
                "notes": watched.notes,
            ])
        // What nobody waits for is closed: the driver can go.
        report("closed", ["descriptors": descriptors().filter { $0.hasPrefix("/dev/video") }.count])
    }

    static func settings(_: Int) throws {
        func value(_ name: String) throws -> String {
            try CameraSetting.list(path: path).first { $0.name == name }?.value?.description ?? "none"
        }
        let before = try value("brightness")
        for text in ["brightness 0", "brightness 75", "mirror on", "gain auto", "gain 30"] {
            try CameraSetting(parsing: text).apply(path: path)
            let name = text.split(separator: " ")[0]
            report("setting", ["set": text, "is": try value(String(name))])
        }
        do { try CameraSetting(parsing: "focus 10").apply(path: path) } catch { report("setting", ["set": "focus 10", "error": error]) }
        for text in ["brightness 50", "mirror off", "gain auto"] { try CameraSetting(parsing: text).apply(path: path) }
        report("setting", ["set": "again", "is": try value("brightness"), "before": before])
    }

    /// Cameras come and go at random, while one is captured, opened and closed.
    static func plugging(_ seconds: Int) throws {
        var random = SeededRandom(state: 0x5eed)
        let watched = Watched(path: nil, format: CaptureFormat(width: 320, height: 180, framesPerSecond: 10) ?? CaptureFormat())
        watched.start()
        _ = watched.awaitFrames(3)
        let (descriptorsBefore, memoryBefore, threadsBefore) = (descriptors().count, residentKilobytes(), threads())
        let end = MediaClock.monotonicNanoseconds + Int64(max(seconds, 5)) * 1_000_000_000
        var (isIn, isStarted, plugs, starts) = (true, true, 0, 0)
        while MediaClock.monotonicNanoseconds < end {
            switch random.next() % 4 {
            case 0, 1:
                isIn.toggle()
                try plug(isIn)
                plugs += 1
            case 2:
                isStarted.toggle()
                if isStarted { watched.start() } else { watched.source.stop() }
                starts += 1
            default: break
            }
            usleep(UInt32(random.next() % 400_000))
        }
        if !isIn { try plug(true) }
        if !isStarted { watched.start() }
        let came = watched.awaitFrames(5)
        report(
            "plugging",
            [
                "plugs": plugs, "starts": starts, "frames": watched.frames, "came": came,
                "descriptors": descriptors().count - descriptorsBefore, "threads": threads() - threadsBefore,
                "kilobytes": residentKilobytes() - memoryBefore,
            ])
        watched.source.stop()
    }

    // MARK: - The process

    /// What the open descriptors lead to.
    private static func descriptors() -> [String] {
        (0..<256).compactMap { number in
            guard let target = realpath("/proc/self/fd/\(number)", nil) else { return nil }
            defer { free(target) }
            return String(cString: target)
        }
    }

    private static func residentKilobytes() -> Int { status("VmRSS:") }
    private static func threads() -> Int { status("Threads:") }

    private static func status(_ name: String) -> Int {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, 256, file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let words = text.split { $0 == " " || $0 == "\t" || $0 == "\n" }
            if words.first == name[...], words.count > 1 { return Int(words[1]) ?? 0 }
        }
        return 0
    }
}

/// SplitMix64.
private struct SeededRandom {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
