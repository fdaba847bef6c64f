import ArgumentParser
import Foundation
import Simulation
import Wire

/// `glyphone-bench network`: whole calls over bad networks, in virtual time from seeds.
struct NetworkBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network",
        abstract: "Two peers over bad networks in virtual time: pictures, sound, rates and delays beside what is promised.",
        discussion: "Networks: \(NetworkScenario.all.map(\.id).joined(separator: ", ")); all of them if none is named.")

    @Argument(help: "The networks to call over.")
    var networks: [String] = []

    @Option(help: "Calls over each network, with the seeds 1, 2, 3…")
    var seeds = 5

    @Option(help: ArgumentHelp("Prints what is sent in each second of the call with this seed.", valueName: "seed"))
    var trace: UInt64?

    func validate() throws {
        guard (1...1000).contains(seeds) else { throw ValidationError("--seeds must be 1 to 1000.") }
        let known = NetworkScenario.all.map(\.id)
        for name in networks where !known.contains(name) {
            throw ValidationError("There is no network \(name): name any of \(known.joined(separator: ", ")).")
        }
    }

    func run() throws {
        let scenarios = NetworkScenario.all.filter { networks.isEmpty || networks.contains($0.id) }
        let (wall, cpu) = (ContinuousClock.now, clock())
        var simulated = Duration.zero
        var failures = 0
        for scenario in scenarios {
            print("\(scenario.name) [\(scenario.id)]")
            print(
                "  seed  frames shown   fps  age p95   freeze (until)  concealed  worst s  kbit/s sent  queue p95  sound wait  to 1 Mbit/s  silence"
            )
            var reports: [NetworkReport] = []
            for seed in 1...UInt64(seeds) {
                let report = try scenario.run(seed: seed)
                simulated += scenario.duration
                reports.append(report)
                print(line(seed, report, scenario))
                if let narrowing = scenario.narrowing { print(line(report.concealed(after: narrowing))) }
                if trace == seed { printTrace(report, scenario) }
            }
            for requirement in scenario.requirements {
                let met = reports.count { requirement.isMet($0) }
                failures += reports.count - met
                print("  \(met == reports.count ? "ok  " : "MISS") \(met) of \(reports.count): \(requirement.text)")
            }
        }
        let seconds = (ContinuousClock.now - wall) / .seconds(1)
        print(
            String(
                format: "%.0f simulated seconds in %.1f s (%.1f s of processor time: %.1f s for ten minutes); %d requirement(s) missed",
                simulated.seconds, seconds, Double(clock() - cpu) / Double(CLOCKS_PER_SEC),
                Double(clock() - cpu) / Double(CLOCKS_PER_SEC) / simulated.seconds * 600, failures))
        if failures > 0 { throw ExitCode.failure }
    }

    private func line(_ seed: UInt64, _ report: NetworkReport, _ scenario: NetworkScenario) -> String {
        let rate = report.sentRate(scenario.settled..<scenario.duration)
        let ramp = report.timeToReach(1_000_000).map { String(format: "%.1f s", $0.seconds) } ?? "never"
        return String(
            format:
                "  %4d  %10.1f %%  %4.1f  %4.0f ms  %4.0f ms (%4.1f s)  %7.2f %%  %5.1f %%  %4.0f...%4.0f  %6.0f ms  %7.0f ms  \(ramp)     %5.0f ms",
            Int(seed),
            report.framesShown * 100, report.framesPerSecond, report.pictureAge.milliseconds, report.longestFreeze.milliseconds,
            report.longestFreezeEnd.seconds, report.audioConcealed * 100, report.audioConcealedInWorstSecond * 100, rate.lowerBound / 1000,
            rate.upperBound / 1000,
            report.queueingDelay.milliseconds, report.soundDelay.milliseconds, report.longestSilence.milliseconds)
    }

    private func line(_ concealed: (worst: Double, least: Double)) -> String {
        String(
            format: "        worst second %.1f %% of the sound made up, at least %.1f %% for any sender", concealed.worst * 100,
            concealed.least * 100)
    }

    private func printTrace(_ report: NetworkReport, _ scenario: NetworkScenario) {
        let seconds = Int(scenario.duration.seconds)
        for direction in report.directions {
            let targets = (0..<seconds).map { String(direction.targets[$0 * 10] / 1000) + (direction.sendsVideo[$0 * 10] ? "" : "!") }
            print("        target: " + targets.joined(separator: " "))
            let rates = (0..<seconds).map { String(Int(direction.sentRate(.seconds($0)..<(.seconds($0 + 1))) / 1000)) }
            print("        kbit/s: " + rates.joined(separator: " "))
            let madeUp = (0..<seconds).map { String(Int(direction.madeUp(.seconds($0)..<(.seconds($0 + 1))).milliseconds)) }
            print("        sound made up, ms: " + madeUp.joined(separator: " "))
        }
    }
}
