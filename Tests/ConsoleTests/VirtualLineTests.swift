import Console
import TerminalIO
import TerminalSimulation
import Testing

/// A call behind slow lines, in virtual time: what `glyphone-bench terminal` measures on real ones.
@Suite(.serialized) struct VirtualLineTests {
    struct Line: CustomTestStringConvertible, Sendable {
        var kilobits: Double
        var roundTrip: Int
        /// From the key's press, in milliseconds: its way to the console and its effect's back included.
        var key: Int
        var backlog: Int
        var pictures: Double
        /// Of what the screen shows to the picture.
        var likeness: Double
        /// So long, in milliseconds, the terminal is busy with something else each second.
        var stall = 0

        var testDescription: String { "\(Int(kilobits)) kbit/s, \(roundTrip) ms\(stall > 0 ? ", stalls of \(stall) ms" : "")" }
    }

    static let lines = [
        Line(kilobits: 64, roundTrip: 0, key: 100, backlog: 150, pictures: 0.8, likeness: 0.6),
        Line(kilobits: 256, roundTrip: 200, key: 450, backlog: 250, pictures: 4, likeness: 0.9),
        Line(kilobits: 1000, roundTrip: 100, key: 250, backlog: 150, pictures: 10, likeness: 0.9),
        Line(kilobits: 10_000, roundTrip: 20, key: 100, backlog: 60, pictures: 15, likeness: 0.95),
        Line(kilobits: 256, roundTrip: 200, key: 600, backlog: 250, pictures: 4, likeness: 0.9, stall: 150),
        Line(kilobits: 1000, roundTrip: 100, key: 400, backlog: 150, pictures: 8, likeness: 0.9, stall: 150),
        Line(kilobits: 10_000, roundTrip: 20, key: 250, backlog: 60, pictures: 15, likeness: 0.95, stall: 150),
    ]

    @Test(arguments: lines)
    func `Whole pictures come often, keys pass them, and nothing waits long`(expected: Line) throws {
        var call = try VirtualCall(kilobits: expected.kilobits, roundTrip: .milliseconds(expected.roundTrip))
        if expected.stall > 0 { call.line.stalls = (.milliseconds(1000), .milliseconds(expected.stall)) }
        try call.run(for: .seconds(10))
        call.line.resetCounts()
        let before = call.pictures.count
        var echoes: [Duration] = []
        for key in 0..<20 {
            let pressed = call.line.now
            try call.run(for: .milliseconds(expected.roundTrip / 2))
            call.press(.character("m"))
            let isMuted = key % 2 == 0
            try #require(try call.run(for: .seconds(10)) { $0.screen.lines[0].contains("MUTED") == isMuted })
            echoes.append(call.line.now - pressed)
            try call.run(for: .milliseconds(317 + 61 * (key % 7)))
        }
        let pictures = Double(call.pictures[before...].reduce(0, +)) / Double(call.pictures.count - before)
        let backlog = Self.percentile95(call.line.backlog)
        let echo = Self.percentile95(echoes)
        let likeness = try call.likeness()
        #expect(pictures >= expected.pictures, "\(call.pictures)")
        #expect(backlog < .milliseconds(expected.backlog))
        #expect(echo < .milliseconds(expected.key))
        #expect(likeness > expected.likeness)
    }

    private static func percentile95(_ durations: [Duration]) -> Duration {
        let sorted = durations.sorted()
        return sorted.isEmpty ? .zero : sorted[min(sorted.count * 95 / 100, sorted.count - 1)]
    }
}
