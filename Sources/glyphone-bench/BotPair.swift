import Foundation

/// Two bots as processes of their own, one calling the other, and what the caller reports of itself.
struct BotPair {
    struct Report {
        var pictureAges: [Double] = []
        /// From the second second on, when starting up is over.
        var cpuSeconds = 0.0
        var wallSeconds = 0.0
        var maximumResidentBytes = 0
        /// What the picture's encoder aimed at in the end, in bits per second.
        var videoBitrate = 0
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let command: String
    let server: String
    let seconds: Int

    init(command: String, server: String, seconds: Int) throws {
        guard FileManager.default.isExecutableFile(atPath: command) else {
            throw Failure(description: "\(command) is not there: build it with swift build -c release --product glyphone")
        }
        self.command = command
        self.server = server
        self.seconds = seconds
    }

    func run() throws -> Report {
        let callee = bot("measured-callee", ["--auto-answer", "--once"])
        callee.standardOutput = FileHandle.nullDevice
        let caller = bot("measured-caller", ["--call", "measured-callee", "--duration", "\(seconds)", "--json"])
        let pipe = Pipe()
        caller.standardOutput = pipe
        try callee.run()
        try caller.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        caller.waitUntilExit()
        callee.waitUntilExit()
        guard caller.terminationStatus == 0 else {
            throw Failure(description: "the bot's call failed with status \(caller.terminationStatus)")
        }
        return try report(output)
    }

    private func bot(_ name: String, _ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command)
        process.arguments = ["bot", "--server", server, "--name", name] + arguments
        return process
    }

    private struct Line: Decodable {
        struct Inbound: Decodable { var video: Video? }
        struct Video: Decodable { var endToEndMs: Double? }
        struct Outbound: Decodable { var video: Encoder? }
        struct Encoder: Decodable { var targetBitrate: Int }
        struct Usage: Decodable {
            var cpuSeconds: Double
            var maxResidentBytes: Int
        }

        var event: String
        var t: Double?
        var inbound: Inbound?
        var outbound: Outbound?
        var process: Usage?
    }

    private func report(_ output: Data) throws -> Report {
        var report = Report()
        var first: (t: Double, cpu: Double)?
        for text in output.split(separator: UInt8(ascii: "\n")) {
            let line = try JSONDecoder().decode(Line.self, from: text)
            guard line.event == "stats", let t = line.t, let usage = line.process, t >= 2 else { continue }
            if let age = line.inbound?.video?.endToEndMs { report.pictureAges.append(age) }
            report.videoBitrate = line.outbound?.video?.targetBitrate ?? 0
            let start = first ?? (t, usage.cpuSeconds)
            first = start
            report.cpuSeconds = usage.cpuSeconds - start.cpu
            report.wallSeconds = t - start.t
            report.maximumResidentBytes = max(report.maximumResidentBytes, usage.maxResidentBytes)
        }
        guard report.wallSeconds > 0 else { throw Failure(description: "the call was too short to be measured") }
        return report
    }
}
