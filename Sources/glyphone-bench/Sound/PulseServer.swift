import Foundation

/// A PulseAudio server of its own for a benchmark, with two speakers that nobody hears.
final class PulseServer {
    static let speakers = ["mouth", "ear"]

    let address: String
    private let directory: URL
    private let process = Process()
    /// Ends the server when closed.
    private let end = Pipe()

    /// Starts the server and waits until it answers.
    ///
    /// - Parameter hums: `ear` gives out a tone that nobody's buffers depend on: a microphone before it gets sound in pieces as long as it
    ///   asks for, as from a device of its own, while one before a speaker in use gets as much at a time as is played.
    init(hums: Bool = false) throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("gb-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let socket = directory.appendingPathComponent("socket").path
        address = "unix:\(socket)"
        // By a shell, since Foundation would wait for a server that closes what is watched, and for no other process.
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments =
            ["-c", "pulseaudio \"$@\" & server=$!; read end; kill -9 $server", "pulseaudio"]
            + [
                "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes", "--log-target=stderr",
                "--log-level=info",
            ]
            + Self.speakers.flatMap { ["-L", "module-null-sink sink_name=\($0) rate=48000 channels=1 format=s16le norewinds=yes"] }
            + (hums ? ["-L", "module-sine sink=ear frequency=300"] : [])
            + ["-L", "module-native-protocol-unix auth-anonymous=1 socket=\(socket)"]
        var environment = ProcessInfo.processInfo.environment
        for name in ["HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "PULSE_RUNTIME_PATH"] { environment[name] = directory.path }
        environment["LC_ALL"] = "C"
        process.environment = environment
        process.standardInput = end
        let log = Pipe()
        process.standardError = log
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        var said = Data()
        while said.range(of: Data("Daemon startup complete.".utf8)) == nil {
            let more = log.fileHandleForReading.availableData
            guard !more.isEmpty else { throw BotPair.Failure(description: "PulseAudio does not start: is the package pulseaudio there?") }
            said += more
        }
        log.fileHandleForReading.readabilityHandler = { if $0.availableData.isEmpty { $0.readabilityHandler = nil } }
    }

    deinit {
        try? end.fileHandleForWriting.close()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: directory)
    }
}
