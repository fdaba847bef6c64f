import ArgumentParser
import Codecs
import Console
import Devices
import Foundation
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

    @Argument(help: "What to draw: camera, camera:/dev/video2, test, test:1280x720@25, or a media file (it loops).")
    var source = "camera"

    @Option(help: ArgumentHelp("The largest picture, in cells (default: the whole screen).", valueName: "columnsxrows"))
    var size: String?

    @Option(help: ArgumentHelp("The most pictures drawn in a second.", valueName: "n"))
    var fps = 60

    @Option(help: "What the picture is made of: \(GlyphSet.allCases.map(\.rawValue).joined(separator: ", ")).")
    var glyphs: String?

    @Option(help: "Its colours: \(ColourMode.allCases.map(\.rawValue).joined(separator: ", ")).")
    var colours: String?

    @Flag(help: "Prints at the end, as one JSON object, what was drawn and what it cost.")
    var stats = false

    @Option(help: ArgumentHelp("Ends after so long.", valueName: "seconds"))
    var duration: Double?

    func validate() throws {
        guard (1...240).contains(fps) else { throw ValidationError("--fps must lie between 1 and 240.") }
        if let duration, !(duration > 0 && duration < 1e9) { throw ValidationError("--duration must be a number of seconds above 0.") }
        _ = try options()
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        do throws(TerminalError) { try Terminal.check(environment: environment) } catch {
            throw CommandFailure(.failed, Mirror.refusal(for: error))
        }
        let inbox = try ConsoleInbox()
        let video = try open()
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
        let (exit, statistics) = try await TerminalThread.run {
            do throws(TerminalError) {
                return try Mirror(inbox: inbox, environment: environment, logPath: nil, options: options).run()
            } catch {
                throw CommandFailure(.failed, Mirror.refusal(for: error))
            }
        }
        if stats { print(json(statistics)) }
        if exit == .signal(SIGINT) { throw ExitCode(ExitStatus.interrupted.rawValue) }
    }

    /// Opens the source; what is missing is an error here, as there is nothing else to show.
    private func open() throws -> any VideoSource {
        let note = Mutex<String?>(nil)
        do throws(MediaError) {
            let inputs = try MediaInputs(video: VideoSourceSpecification(parsing: source), audio: .none) { text in
                note.withLock { $0 = $0 ?? text }
            }
            if let video = inputs.video { return video }
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
        throw CommandFailure(.failed, note.withLock { $0 } ?? "'\(source)' has no picture: use camera, test, or a media file with video.")
    }

    private func options() throws -> MirrorOptions {
        var options = MirrorOptions(title: source, framesPerSecond: fps)
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
        return "{\"seconds\":\(rounded(statistics.seconds)),\"framesShown\":\(statistics.framesShown),"
            + "\"framesSkipped\":\(statistics.framesSkipped),\"bytes\":\(statistics.bytes),"
            + "\"bytesPerFrame\":\(statistics.bytes / frames),\"cellsPerFrame\":\(statistics.cellsPainted / frames),"
            + "\"cpuMsPerFrame\":\(rounded(statistics.cpuMilliseconds / Double(frames)))}"
    }
}
