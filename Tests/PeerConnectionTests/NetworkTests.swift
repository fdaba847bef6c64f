import Simulation
import Testing
import Wire

/// Whole calls over bad networks in virtual time. `glyphone-bench network` makes more of them.
@Suite struct NetworkTests {
    private func scenario(_ id: String) throws -> NetworkScenario {
        try #require(NetworkScenario.all.first { $0.id == id })
    }

    @Test(arguments: ["loss10", "bursts", "jitter", "lipsync", "500k", "64k", "clean", "deadpath", "newaddress"], [UInt64](1...2))
    func `a call keeps what it promises`(network: String, seed: UInt64) throws {
        let scenario = try scenario(network)
        let report = try scenario.run(seed: seed)
        for requirement in scenario.requirements {
            #expect(requirement.isMet(report), "\(network): \(requirement.text)")
        }
    }

    @Test(arguments: [UInt64](1...5))
    func `on a line that becomes narrow the picture gives way within a second, and comes back when it can`(seed: UInt64) throws {
        let report = try scenario("step").run(seed: seed)
        let narrow = report.sentRate(.seconds(13)..<(.seconds(30)))
        #expect(narrow.lowerBound > 200_000 && narrow.upperBound <= 300_000, "\(narrow)")
        #expect(report.longestFreeze < .seconds(1), "\(report.longestFreeze)")
        let back = try #require(report.timeToReach(1_200_000, from: .seconds(30)))
        #expect(back <= .seconds(10), "\(back)")
        for direction in report.directions {
            // A second after the step the sender knows.
            #expect(direction.targets[110] < 300_000, "\(direction.targets[110])")
            // Sound is short of what the path's queue of 300 ms, full within a round trip, makes it wait; not of much more.
            #expect(direction.audioConcealedInWorstSecond < 0.35, "\(direction.audioConcealedInWorstSecond)")
            let narrowing = try #require(try scenario("step").narrowing)
            let least = direction.leastConcealed(after: narrowing)
            #expect(least > 0.02 && least <= direction.audioConcealedInWorstSecond, "\(least)")
        }
    }

    @Test func `on a line for the sound alone the picture pauses`() throws {
        let report = try scenario("64k").run(seed: 3)
        for direction in report.directions {
            #expect(direction.sendsVideo[100...].allSatisfy { !$0 })
            #expect(direction.audioConcealed < 0.02)
        }
    }

    @Test func `little is lost of the picture where two packets in a hundred are`() throws {
        let report = try scenario("loss2").run(seed: 1)
        #expect(report.framesShown >= 0.98)
        #expect(report.audioConcealed < 0.005)
        #expect(report.sentRate(.seconds(15)..<(.seconds(30))).lowerBound > 1_500_000)
    }
}
