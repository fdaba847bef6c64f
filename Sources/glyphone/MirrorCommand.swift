import ArgumentParser
import Codecs
import Console
import Devices
import Foundation
import Glibc
import MediaSources
import Synchronization
import TerminalIO
import TerminalVideo

/// `glyphone mirror`: a source drawn in this terminal, no call.
struct MirrorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mirror",
        abstract: "Draws a source in this terminal, no call: to try a camera, a terminal, a setting.",
        discussion: "Keys: r changes the characters that the picture is made of, c the colours, q ends.")

    @Argument(help: "What to draw: camera, camera:/dev/video2, camera:1280x720@30, test, test:1280x720@25, or a media file (it loops).")
    var source = "camera"

    @Option(help: ArgumentHelp("The largest picture, in cells (default: the whole screen).", valueName: "columnsxrows"))
    var size: String?

    @Option(help: ArgumentHelp("The most pictures drawn in a second.", valueName: "n"))
    var fps = 60

    @Option(help: "What the picture is made of: \(GlyphSet.allCases.map(\.rawValue).joined(separator: ", ")).")
    var glyphs: String?

    @Option(help: "Its colours: \(ColourMode.allCases.map(\.rawValue).joined(separator: ", ")).")
    var colours: String?

    @Option(help: ArgumentHelp("The most kilobits a second that pictures may take (default: what the terminal takes).", valueName: "kbit"))
    var budget: Int?

    @Option(
        help: ArgumentHelp(
            "Writes what a terminal would get into a file instead, in truecolor and 80x24 unless told otherwise.", valueName: "file"))
    var output: String?

    @OptionGroup var screen: ScreenOptions

    @Flag(help: "Prints at the end, as one JSON object, what was drawn and what it cost.")
    var stats = false

    @Option(help: ArgumentHelp("Ends after so long.", valueName: "seconds"))
    var duration: Double?

    func validate() throws {
        guard (1...240).contains(fps) else { throw ValidationError("--fps must lie between 1 and 240.") }
        if let duration, !(duration > 0 && duration < 1e9) { throw ValidationError("--duration must be a number of seconds above 0.") }
        if let budget, !(8...10_000_000).contains(budget) { throw ValidationError("--budget must be a number of kbit/s, 8 at least.") }
        _ = try options()
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        if output == nil {
            do throws(TerminalError) { try Terminal.check(environment: environment) } catch {
                throw CommandFailure(.failed, Mirror.refusal(for: error))
            }
        }
        let inbox = try ConsoleInbox()
        let video = try open(inbox)
        video.start { inbox.showRemote($0.buffer) }
        defer { video.stop() }
        let timer = duration.map { seconds in
            Task {
                try await Task.sleep(for: .seconds(seconds))
                inbox.post(.finish(sentence: nil))
            }
        }
        defer { timer?.cancel() }
        let options = try options()
        let (exit, statistics) = try await draw(inbox, options, environment)
        if stats { print(json(statistics)) }
        if exit == .signal(SIGINT) { throw ExitCode(ExitStatus.interrupted.rawValue) }
    }

    private func draw(
        _ inbox: ConsoleInbox, _ options: MirrorOptions, _ environment: [String: String]
    ) async throws -> (exit: ConsoleExit, statistics: MirrorStatistics) {
        guard let output else {
            return try await TerminalThread.run {
                do throws(TerminalError) {
                    return try Mirror(inbox: inbox, environment: environment, logPath: nil, options: options).run()
                } catch {
                    throw CommandFailure(.failed, Mirror.refusal(for: error))
                }
            }
        }
        let descriptor = Glibc.open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CommandFailure(.failed, "'\(output)' cannot be written: \(String(cString: strerror(errno))); name another file.")
        }
        defer { close(descriptor) }
        return try await TerminalThread.run {
            do throws(TerminalError) {
                return (.quit, try MirrorFile(inbox: inbox, descriptor: descriptor, options: options).run())
            } catch {
                throw CommandFailure(.failed, "'\(output)' was not written to the end: \(error)")
            }
        }
    }

    /// Opens the source; what is missing is an error here, as there is nothing else to show.
    private func open(_ inbox: ConsoleInbox) throws -> any VideoSource {
        let note = Mutex<String?>(nil)
        let isFile = output != nil
        do throws(MediaError) {
            let specification = try VideoSourceSpecification(parsing: source)
            if case .camera(let path, _) = specification { _ = try CameraDevice.chosen(path: path) }
            let inputs = try MediaInputs(video: specification, audio: .none) { text in
                note.withLock { $0 = $0 ?? text }
                if isFile { Standard.error("mirror: \(text)") } else { inbox.post(.note(text)) }
            }
            if let video = inputs.video { return video }
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
        throw CommandFailure(.failed, note.withLock { $0 } ?? "'\(source)' has no picture: use camera, test, or a media file with video.")
    }

    private func options() throws -> MirrorOptions {
        var options = MirrorOptions(
            title: source, framesPerSecond: fps, bytesPerSecond: budget.map { $0 * 125 }, isProbing: screen.isProbing)
        if let size {
            let sides = size.lowercased().split(separator: "x").compactMap { Int($0) }
            guard sides.count == 2, sides.allSatisfy({ (1...1000).contains($0) }) else {
                throw ValidationError("--size must be two numbers of cells such as 120x40.")
            }
            options.size = TerminalSize(columns: sides[0], rows: sides[1])
        }
        if let glyphs {
            guard let set = GlyphSet(rawValue: glyphs) else {
                throw ValidationError("--glyphs must be one of \(GlyphSet.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            options.glyphs = set
        }
        if let colours {
            guard let mode = ColourMode(rawValue: colours) else {
                throw ValidationError("--colours must be one of \(ColourMode.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            options.colours = mode
        }
        return options
    }

    private func json(_ statistics: MirrorStatistics) -> String {
        let frames = max(statistics.framesShown, 1)
        func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
        var members = [
            "\"seconds\":\(rounded(statistics.seconds))", "\"framesShown\":\(statistics.framesShown)",
            "\"framesSkipped\":\(statistics.framesSkipped)", "\"bytes\":\(statistics.bytes)",
            "\"bytesPerFrame\":\(statistics.bytes / frames)", "\"cellsPerFrame\":\(statistics.cellsPainted / frames)",
            "\"cpuMs\":\(rounded(statistics.cpuMilliseconds))",
            "\"cpuMsPerFrame\":\(rounded(statistics.cpuMilliseconds / Double(frames)))",
        ]
        if let rate = statistics.lineRate { members.append("\"lineKbit\":\(rate / 125)") }
        if let roundTrip = statistics.roundTripMilliseconds { members.append("\"roundTripMs\":\(rounded(roundTrip))") }
        return "{\(members.joined(separator: ","))}"
    }
}
