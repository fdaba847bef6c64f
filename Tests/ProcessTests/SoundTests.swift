import Foundation
import TerminalSimulation
import TestProcesses
import Testing

extension ProcessTests {
    /// Sound from one bot to the loudspeaker of another, on a PulseAudio server of the test's own.
    @Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/parec"), "pulseaudio or pulseaudio-utils is not installed"))
    struct SoundTests {
        @Test func `What one side plays the other's speaker gives out, also after the sound server's restart`() async throws {
            try await withProcesses { group in
                let (_, url) = try await group.server()
                let sound = SoundServer(group)
                let daemon = try await sound.start()
                let bob = try group.start(
                    [Programs.glyphone, "bot", "--server", url, "--name", "bob", "--auto-answer", "--once"]
                        + ["--video", "none", "--audio", "none", "--play", "speaker:ear"], environment: sound.environment)
                _ = try await bob.line(with: "In lobby", within: .seconds(15))
                let alice = try group.bot("alice", at: url, ["--call", "bob", "--video", "none", "--duration", "60"])
                _ = try await alice.line(with: #""state":"connected""#, within: .seconds(15))

                try await expectTone(sound.record(seconds: 4))
                daemon.send(signal: SIGKILL)
                _ = try await daemon.end(within: .seconds(5))
                _ = try await bob.line(with: "the speaker is gone", within: .seconds(5), on: \.errors)
                _ = try await sound.start()
                // The promise is 2 s; the rest is for machines that are busy with other tests.
                _ = try await bob.line(with: "the speaker is back", within: .seconds(10), on: \.errors)
                try await expectTone(sound.record(seconds: 4))
                alice.send(signal: SIGTERM)
                #expect(try await bob.end(within: .seconds(10)) == .status(0))
            }
        }

        @Test(
            .enabled(
                if: FileManager.default.isExecutableFile(atPath: SecureShell.server),
                "openssh-server is not installed; Assets/setup leaves that to you, as it lets people log in"))
        func `A forwarded socket brings the sound of a bot on the far side of SSH to the near one's speaker`() async throws {
            try await withProcesses { group in
                let (_, url) = try await group.server()
                // As it is on somebody's desk: it wants its cookie, and to share memory.
                let sound = SoundServer(group, isPrivate: true)
                _ = try await sound.start()
                let shell = try await SecureShell(group)
                let bob = try shell.start(
                    forwarding: sound,
                    "\(Programs.glyphone) bot --server \(url) --name bob --auto-answer --once --video none --audio none --play speaker:ear")
                _ = try await bob.line(with: "In lobby", within: .seconds(15))
                let alice = try group.bot("alice", at: url, ["--call", "bob", "--video", "none", "--duration", "60"])
                _ = try await alice.line(with: #""state":"connected""#, within: .seconds(15))
                try await expectTone(sound.record(seconds: 4))
                alice.send(signal: SIGTERM)
                #expect(try await bob.end(within: .seconds(10)) == .status(0))

                let doctor = try shell.start(forwarding: sound, "\(Programs.glyphone) doctor")
                _ = try await doctor.line(with: "sound goes to unix:\(shell.socket)", within: .seconds(15))
                _ = try await doctor.line(with: "a test sound was played", within: .seconds(15))
            }
        }

        @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/espeak-ng"), "espeak-ng is not installed"))
        func `Who speaks into a microphone that is off is told that nobody hears it`() async throws {
            let terminal = try PseudoTerminal(columns: 100, rows: 30)
            try await withProcesses { group in
                let (_, url) = try await group.server()
                let sound = SoundServer(group)
                _ = try await sound.start()
                _ = try await group.answeringBot("bob", at: url, ["--video", "none", "--audio", "none", "--duration", "60"])
                _ = try group.start(
                    [
                        Programs.glyphone, "call", "bob", "--server", url, "--name", "alice", "--video", "none", "--audio",
                        "mic:ear.monitor", "--play", "none",
                    ], environment: sound.environment.merging(["TERM": "xterm-256color"]) { $1 }, terminal: terminal.path)
                _ = try await terminal.screen.wait(within: .seconds(15), for: "the call") { $0.text.contains("0:01") ? true : nil }
                let speech = Programs.newPath("speech.wav")
                let words = String(repeating: "Good morning everybody, the weather is fine today and we are all here. ", count: 4)
                let speaker = try group.start(["espeak-ng", "-w", speech, words])
                guard try await speaker.end(within: .seconds(10)) == .status(0) else { throw Subprocess.Failure(description: "no speech") }
                terminal.type("m")
                _ = try await terminal.screen.wait(within: .seconds(5), for: "the microphone's end") {
                    $0.text.contains("MUTED") ? true : nil
                }
                #expect(!terminal.screen.now.text.contains("nobody hears you"))
                _ = try group.start(["paplay", "--device=ear", speech], environment: sound.environment)
                _ = try await terminal.screen.wait(within: .seconds(15), for: "a word") {
                    $0.text.contains("nobody hears you: the microphone is off, m switches it on") ? true : nil
                }
            }
        }

        /// The test tone at its level, and beside it next to nothing: a break or a click would spread over the whole spectrum.
        private func expectTone(_ samples: [Int16]) throws {
            // The first second may be of the call's or the speaker's beginning.
            let pieces = stride(from: 48_000, to: samples.count - 4_800, by: 4_800).map { samples[$0..<($0 + 4_800)] }
            // The tone's own click, once a second, is louder.
            let quiet = pieces.filter { piece in piece.allSatisfy { abs(Int($0)) < 8_000 } }
            let analysed = quiet.map(Self.analyse).sorted { $0.level < $1.level }
            try #require(analysed.count >= 10, "\(samples.count) samples, \(pieces.count) pieces")
            #expect(abs(analysed[analysed.count / 2].level + 20) < 1)
            let clean = analysed.filter { $0.rest < -20 }
            // On a busy machine the speaker's small buffer may run dry now and then.
            #expect(Double(clean.count) >= 0.8 * Double(analysed.count), "\(analysed)")
        }

        /// The level in decibels relative to a full-scale sine, and what is not the tone's, in decibels relative to it.
        private static func analyse(_ piece: ArraySlice<Int16>) -> (level: Double, rest: Double) {
            var (real, imaginary, energy) = (0.0, 0.0, 0.0)
            for (index, sample) in piece.enumerated() {
                let phase = 2 * Double.pi * 440 * Double(index) / 48_000
                real += Double(sample) * cos(phase)
                imaginary += Double(sample) * sin(phase)
                energy += Double(sample) * Double(sample)
            }
            let count = Double(piece.count)
            let tone = 2 * (real * real + imaginary * imaginary) / count
            return (10 * log10(energy / count * 2 / (32_768 * 32_768) + 1e-12), 10 * log10(max(1, energy - tone) / max(1, energy)))
        }
    }
}

/// A PulseAudio server with the speaker `ear`, which nobody hears.
private struct SoundServer {
    private let group: ProcessGroup
    private let folder: String
    /// Whether it takes who it belongs to, or knows its cookie, alone, and shares memory with them, as it does unless told otherwise.
    private let isPrivate: Bool

    init(_ group: ProcessGroup, isPrivate: Bool = false) {
        self.group = group
        self.isPrivate = isPrivate
        folder = NSTemporaryDirectory() + "/gps-\(UUID().uuidString.prefix(8))"
    }

    var socket: String { "\(folder)/socket" }

    var environment: [String: String] {
        var environment = ["PULSE_SERVER": "unix:\(socket)", "LC_ALL": "C"]
        for name in ["HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "PULSE_RUNTIME_PATH"] { environment[name] = folder }
        return environment
    }

    func start() async throws -> Subprocess {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let server = try group.start(
            [
                "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
                "--disable-shm=\(isPrivate ? "no" : "yes")", "--log-target=stderr", "--log-level=info",
                "-L", "module-null-sink sink_name=ear rate=48000 channels=1 format=s16le norewinds=yes",
                "-L", "module-native-protocol-unix auth-anonymous=\(isPrivate ? 0 : 1) socket=\(socket)",
            ], environment: environment)
        _ = try await server.line(with: "Daemon startup complete.", within: .seconds(10), on: \.errors)
        return server
    }

    /// What the speaker gives out.
    func record(seconds: Int) async throws -> [Int16] {
        let file = Programs.newPath("ear.raw")
        let recorder = try group.start(
            [
                "timeout", "\(seconds)", "parec", "-d", "ear.monitor", "--format=s16le", "--rate=48000", "--channels=1",
                "--latency-msec=20", file,
            ],
            environment: environment)
        _ = try await recorder.end(within: .seconds(Double(seconds) + 10))
        let bytes = try Data(contentsOf: URL(filePath: file))
        return stride(from: 0, to: bytes.count - 1, by: 2).map { Int16(truncatingIfNeeded: Int(bytes[$0]) | Int(bytes[$0 + 1]) << 8) }
    }
}

/// OpenSSH from this machine to itself, without a port: its server answers on a pipe, knows one key, and has a key of its own.
private struct SecureShell {
    static let server = "/usr/sbin/sshd"

    private let group: ProcessGroup
    private let folder: String

    init(_ group: ProcessGroup) async throws {
        self.group = group
        folder = NSTemporaryDirectory() + "/gps-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // Where the server locks itself up when it is root's: made when it starts as a service, and by us where it never did.
        if geteuid() == 0 { try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true) }
        for name in ["host", "user"] {
            let maker = try group.start(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "\(folder)/\(name)"])
            guard try await maker.end(within: .seconds(10)) == .status(0) else {
                throw Subprocess.Failure(description: "ssh-keygen fails: \(maker.errors.now)")
            }
        }
        let settings = """
            HostKey \(folder)/host
            AuthorizedKeysFile \(folder)/user.pub
            StrictModes no
            UsePAM no

            """
        try settings.write(toFile: "\(folder)/settings", atomically: true, encoding: .utf8)
    }

    /// The sound server's socket, on the far side.
    var socket: String { "\(folder)/sound" }

    /// Starts a command on the far side, as README says.
    func start(forwarding sound: SoundServer, _ command: String) throws -> Subprocess {
        try? FileManager.default.removeItem(atPath: socket)
        let environment = Programs.environment.map { "\($0)='\($1)'" }.sorted().joined(separator: " ")
        return try group.start([
            "ssh", "-q", "-F", "none", "-i", "\(folder)/user", "-o", "ProxyCommand=\(Self.server) -i -f \(folder)/settings",
            "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=\(folder)/known", "-R", "\(socket):\(sound.socket)", "far",
            "export \(environment); export PULSE_SERVER=unix:\(socket); exec \(command)",
        ])
    }
}
