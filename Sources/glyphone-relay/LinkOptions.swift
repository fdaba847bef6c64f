import ArgumentParser
import Simulation

struct LinkOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Probability that a packet is lost, 0 to 1.", valueName: "probability"))
    var loss: Probability = 0

    @Option(
        help: ArgumentHelp("Loses packets in bursts of this length on average (then --loss is the overall share).", valueName: "packets"))
    var burst: Double?

    @Option(help: ArgumentHelp("Time on the way, such as 25ms.", valueName: "time"))
    var delay: Time = 0

    @Option(help: ArgumentHelp("Standard deviation of the delay.", valueName: "time"))
    var jitter: Time = 0

    @Option(help: ArgumentHelp("Probability that a packet is overtaken.", valueName: "probability"))
    var reorder: Probability = 0

    @Option(help: ArgumentHelp("Probability that a packet arrives twice.", valueName: "probability"))
    var duplicate: Probability = 0

    @Option(help: ArgumentHelp("Bits a second, such as 800k or 2M.", valueName: "rate"))
    var rate: BitRate?

    @Option(help: ArgumentHelp("How long packets may wait for the rate.", valueName: "time"))
    var queue: Time = Time(.milliseconds(200))

    mutating func validate() throws {
        guard let burst else { return }
        guard burst >= 1, burst <= 1000 else { throw ValidationError("--burst is a number of packets from 1 to 1000.") }
        guard loss.value < 0.9 else { throw ValidationError("With --burst, --loss must be less than 0.9.") }
    }

    var model: LinkModel {
        var model = LinkModel(
            loss: loss.value, delay: delay.duration, jitter: jitter.duration, reordering: reorder.value, duplication: duplicate.value,
            rate: rate?.bitsPerSecond, queue: .time(queue.duration))
        if let burst {
            // In the long run begin / (begin + end) of the packets are lost.
            let end = 1 / burst
            model.bursts = LinkModel.Bursts(begin: end * loss.value / (1 - loss.value), end: end)
            model.loss = 0
        }
        return model
    }

    /// What the link does, for people.
    var summary: String {
        var parts = ["loss \(loss)\(burst.map { " in bursts of \($0)" } ?? "")", "delay \(delay)"]
        if jitter.duration > .zero { parts.append("jitter \(jitter)") }
        if reorder.value > 0 { parts.append("reordering \(reorder)") }
        if duplicate.value > 0 { parts.append("duplication \(duplicate)") }
        if let rate { parts.append("rate \(rate), queue \(queue)") }
        return parts.joined(separator: ", ")
    }
}
