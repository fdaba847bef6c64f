import Devices
import Foundation
import MediaSources

/// A PulseAudio server for one test: with a speaker that nobody hears and a microphone that hears nothing, at an address of its own.
final class PrivatePulse: @unchecked Sendable {
    static let executable = ["/usr/bin/pulseaudio", "/usr/local/bin/pulseaudio"].first { FileManager.default.isExecutableFile(atPath: $0) }

    let server: String
    private let directory: URL
    private var process = Process()

    /// Starts the server and waits until it answers.
    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("gp-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        server = "unix:\(directory.appendingPathComponent("socket").path)"
        try start()
    }

    /// Starts the server anew, after ``kill()``.
    func start() throws {
        let socket = server.dropFirst("unix:".count)
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // Before all others, where that is allowed: what is late on a busy machine is to be this program, not the server.
        process.arguments = [
            "-c", "chrt -r 5 true 2>/dev/null && exec chrt -r 5 \"$@\"; exec \"$@\"", "sh", Self.executable ?? "/usr/bin/pulseaudio", "-n",
            "--daemonize=no", "--exit-idle-time=30", "--use-pid-file=no", "--disable-shm=yes", "--log-target=stderr",
            "--log-level=info", "--realtime=no", "--high-priority=no",
            "-L",
            "module-null-sink sink_name=quiet rate=48000 channels=1 format=s16le norewinds=yes sink_properties=device.description=Quiet",
            "-L", "module-null-source source_name=deaf rate=48000 channels=1 description=Deaf",
            "-L", "module-native-protocol-unix auth-anonymous=1 socket=\(socket)",
        ]
        process.environment = environment
        let log = Pipe()
        process.standardError = log
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        waitUntilItIsReady(log.fileHandleForReading)
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: directory)
    }

    /// Ends the server as a crash would.
    func kill() {
        guard process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Makes the server stand still, as one that hangs; ``kill()`` still works.
    func freeze() {
        Foundation.kill(process.processIdentifier, SIGSTOP)
    }

    func thaw() {
        Foundation.kill(process.processIdentifier, SIGCONT)
    }

    private var environment: [String: String] {
        var environment = ProcessInfo.processInfo.environment
        for name in ["HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "PULSE_RUNTIME_PATH"] { environment[name] = directory.path }
        environment["LC_ALL"] = "C"
        environment["PULSE_SERVER"] = server
        return environment
    }

    /// Has the server do something, as a person would: `pactl` with these arguments. What it prints is the result.
    @discardableResult
    func control(_ arguments: String...) throws -> String {
        let pactl = Process()
        pactl.executableURL = URL(fileURLWithPath: "/usr/bin/pactl")
        pactl.arguments = arguments
        pactl.environment = environment
        let output = Pipe()
        pactl.standardOutput = output
        pactl.standardError = FileHandle.nullDevice
        try pactl.run()
        // Its end is told by its output's: Foundation waits for processes one after the other, and for the server, which closes what
        // Foundation watches, first.
        let said = output.fileHandleForReading.readDataToEndOfFile()
        return String(decoding: said, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Connects a speaker that nobody hears.
    ///
    /// - Returns: what ``unplug(_:)`` takes.
    func plug(_ name: String) throws -> String {
        try control(
            "load-module", "module-null-sink", "sink_name=\(name)", "rate=48000", "channels=1", "format=s16le", "norewinds=yes",
            "sink_properties=device.description=\(name.capitalized)")
    }

    func unplug(_ module: String) throws {
        try control("unload-module", module)
    }

    /// Disconnects the speaker that the server starts with.
    func unplugQuiet() throws {
        for line in try control("list", "short", "modules").split(separator: "\n") where line.contains("sink_name=quiet") {
            try unplug(String(line.prefix { $0 != "\t" }))
        }
    }

    /// Reads the server's log up to the line that says so, or to its end; what follows is thrown away.
    private func waitUntilItIsReady(_ log: FileHandle) {
        let pid = process.processIdentifier
        let limit = DispatchWorkItem { Foundation.kill(pid, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + 10, execute: limit)
        defer { limit.cancel() }
        var said = Data()
        while said.range(of: Data("Daemon startup complete.".utf8)) == nil {
            let more = log.availableData
            guard !more.isEmpty else { return }
            said += more
        }
        log.readabilityHandler = { if $0.availableData.isEmpty { $0.readabilityHandler = nil } }
    }
}
