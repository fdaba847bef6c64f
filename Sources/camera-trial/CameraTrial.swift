import Codecs
import Devices
import Glibc
import MediaSources

/// Tries everything that this program does with cameras on the kernel's test driver vivid, whose pictures and faults are known.
///
/// Usage: camera-trial TRIAL... (`Trial.all` has their names). Prints one line for each finding, a name and `key=value` words; what
/// they should be is for CameraTests to say.
@main
enum CameraTrial {
    static func main() {
        for argument in CommandLine.arguments.dropFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard let trial = Trial.all[parts[0]] else {
                Trial.report("unknown", ["trial": argument])
                exit(64)
            }
            do {
                try trial(parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
            } catch {
                Trial.report("failed", ["trial": parts[0], "error": "\(error)"])
            }
        }
    }
}

enum Trial {
    /// Each takes the number that follows its name and an equals sign, or 0.
    static let all: [String: @Sendable (Int) throws -> Void] = [
        "list": list, "formats": formats, "library": library, "counter": counter, "dropping": dropping, "late": late, "broken": broken,
        "busy": busy,
        "forbidden": forbidden, "stalled": stalled, "fatal": fatal, "unplugged": unplugged, "settings": settings, "plugging": plugging,
        "sizes": sizes,
    ]

    static let path = "/dev/video0"

    static func report(_ name: String, _ values: KeyValuePairs<String, Any>) {
        let words = values.map { "\($0.key)=\(String(describing: $0.value).map { $0 == " " ? "_" : String($0) }.joined())" }
        print("@\(name) " + words.joined(separator: " "))
        fflush(nil)
    }

    // MARK: - The driver

    /// Sets a control by the driver's name for it.
    static func set(_ name: String, _ value: Int) throws {
        guard let control = try CameraControl.list(path: path).first(where: { $0.name == name }) else {
            throw MediaError("the driver has no control \(name)")
        }
        try CameraControl.set(control.id, to: value, path: path)
    }

    /// Takes all cameras away, or gives them back.
    static func plug(_ isIn: Bool) throws {
        let file = open("/sys/bus/platform/drivers/vivid/" + (isIn ? "bind" : "unbind"), O_WRONLY)
        guard file >= 0 else { throw MediaError("the driver cannot be reached: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        let name = "vivid.0"
        guard write(file, name, name.utf8.count) > 0 else { throw MediaError("the driver refuses: \(String(cString: strerror(errno)))") }
    }
}

/// A source at work, and what it told.
final class Watched {
    private struct State {
        var frames = 0
        var lastSize = (0, 0)
        var notes: [String] = []
        var mutes: [Bool] = []
    }

    let source: CameraSource
    private let state: Monitor<State>

    init(path: String? = Trial.path, format: CaptureFormat = CaptureFormat(width: 320, height: 180, framesPerSecond: 30) ?? CaptureFormat())
    {
        let state = Monitor(State())
        self.state = state
        source = CameraSource(
            path: path, format: format, onNote: { note in state.update { $0.notes.append(note) } },
            onMute: { isMuted in state.update { $0.mutes.append(isMuted) } })
    }

    func start() {
        source.start { [state] frame in
            state.update {
                $0.frames += 1
                $0.lastSize = (frame.width, frame.height)
            }
        }
    }

    var frames: Int { state.withLock { $0.frames } }
    var notes: [String] { state.withLock { $0.notes } }
    var mutes: [Bool] { state.withLock { $0.mutes } }
    var size: (Int, Int) { state.withLock { $0.lastSize } }

    /// Waits until there are so many more frames; false when that takes over 20 s.
    func awaitFrames(_ count: Int) -> Bool {
        let wanted = frames + count
        return state.wait(until: Self.deadline) { $0.frames >= wanted ? true : nil } ?? false
    }

    func awaitMutes(_ count: Int) -> Bool {
        state.wait(until: Self.deadline) { $0.mutes.count >= count ? true : nil } ?? false
    }

    func awaitNotes(_ count: Int) -> Bool {
        state.wait(until: Self.deadline) { $0.notes.count >= count ? true : nil } ?? false
    }

    private static var deadline: Int64 { MediaClock.monotonicNanoseconds + 20_000_000_000 }
}
