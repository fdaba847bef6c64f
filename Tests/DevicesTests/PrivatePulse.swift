import Devices
import Foundation
import MediaSources

/// A PulseAudio server for one test: with a speaker that nobody hears, at an address of its own.
final class PrivatePulse: @unchecked Sendable {
    static let executable = ["/usr/bin/pulseaudio", "/usr/local/bin/pulseaudio"].first { FileManager.default.isExecutableFile(atPath: $0) }

    let server: String
    private let directory: URL
    private let process = Process()

    /// Starts the server and waits until it answers.
    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("gp-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let socket = directory.appendingPathComponent("socket").path
        server = "unix:\(socket)"
        process.executableURL = URL(fileURLWithPath: Self.executable ?? "/usr/bin/pulseaudio")
        process.arguments = [
            "-n", "--daemonize=no", "--exit-idle-time=30", "--use-pid-file=no", "--disable-shm=yes", "--log-target=null", "--realtime=no",
            "--high-priority=no",
            "-L", "module-null-sink sink_name=quiet rate=48000 channels=1 format=s16le sink_properties=device.description=Quiet",
            "-L", "module-native-protocol-unix auth-anonymous=1 socket=\(socket)",
        ]
        var environment = ProcessInfo.processInfo.environment
        for name in ["HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "PULSE_RUNTIME_PATH"] { environment[name] = directory.path }
        process.environment = environment
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        try waitUntilItAnswers()
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

    private func waitUntilItAnswers() throws {
        let deadline = MediaClock.monotonicNanoseconds + 10_000_000_000
        while true {
            do {
                _ = try AudioDevices.list(server: server)
                return
            } catch {
                guard MediaClock.monotonicNanoseconds < deadline, process.isRunning else { throw error }
                // There is no event to wait for: the server's socket appears when it is ready.
                usleep(20_000)
            }
        }
    }
}
