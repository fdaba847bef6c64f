import Congestion
import ICE
import PeerConnection
import STUN
import Wire

extension NetworkScenario {
    /// The networks that a call is to survive, and what it promises on each.
    public static let all: [NetworkScenario] = [
        .loss2, .loss10, .bursts, .jitter, .lipSync, .bottleneck, .step, .stepBetweenWindows, .narrow, .clean, .deadPath, .newAddress,
    ]

    static let loss2 = NetworkScenario(
        id: "loss2", name: "2 % loss, 50 ms round trip", duration: .seconds(30), link: LinkModel(loss: 0.02, delay: .milliseconds(25)),
        requirements: [
            .framesShown(0.98), .noFreeze(over: .milliseconds(200)), .audioConcealed(under: 0.005),
        ])

    static let loss10 = NetworkScenario(
        id: "loss10", name: "10 % loss, 100 ms round trip", duration: .seconds(30), link: LinkModel(loss: 0.1, delay: .milliseconds(50)),
        requirements: [.framesShown(0.9), .audioConcealed(under: 0.02)])

    /// 5 % in the mean, bursts of 4 packets in the mean.
    static let bursts = NetworkScenario(
        id: "bursts", name: "5 % loss in bursts of 4", duration: .seconds(30),
        link: LinkModel(bursts: LinkModel.Bursts(begin: 0.25 * 0.05 / 0.95, end: 0.25), delay: .milliseconds(25)),
        requirements: [.noFreeze(over: .milliseconds(500)), .audioConcealed(under: 0.04)])

    static let jitter = NetworkScenario(
        id: "jitter", name: "30 ms jitter (normal), reordering", duration: .seconds(30),
        link: LinkModel(delay: .milliseconds(100), jitter: .milliseconds(30), reordering: 0.02),
        requirements: [
            Requirement("no sound too late") { $0.soundDiscarded == 0 },
            Requirement("mouth to ear within 40 ms of the jitter's 99th percentile") { $0.soundWait <= .milliseconds(40) },
        ])

    static let lipSync = NetworkScenario(
        id: "lipsync", name: "sound and picture together: 5 % loss, 10 ms jitter", duration: .seconds(40),
        link: LinkModel(loss: 0.05, delay: .milliseconds(40), jitter: .milliseconds(10)), settled: .seconds(10),
        requirements: [
            Requirement("sound at most 45 ms before and 125 ms after its picture, for 98 % of them") { $0.inSync >= 0.98 }
        ])

    static let bottleneck = NetworkScenario(
        id: "500k", name: "500 kbit/s, queue of 300 ms", duration: .seconds(40),
        link: LinkModel(delay: .milliseconds(25), rate: 500_000, queue: .time(.milliseconds(300))),
        requirements: [
            Requirement("75 to 100 % of it used from 10 s on") {
                let rate = $0.sentRate(.seconds(10)..<(.seconds(40)))
                return rate.lowerBound >= 375_000 && rate.upperBound <= 500_000
            },
            Requirement("queueing p95 under 150 ms") { $0.queueingDelay < .milliseconds(150) },
            .audioConcealed(under: 0.01),
        ])

    static let step = NetworkScenario(
        id: "step", name: "2 Mbit/s, 300 kbit/s from 10 to 30 s", duration: .seconds(50),
        link: LinkModel(delay: .milliseconds(25), rate: 2_000_000, queue: .time(.milliseconds(300))),
        events: [
            .link(LinkModel(delay: .milliseconds(25), rate: 300_000, queue: .time(.milliseconds(300))), at: .seconds(10)),
            .link(LinkModel(delay: .milliseconds(25), rate: 2_000_000, queue: .time(.milliseconds(300))), at: .seconds(30)),
        ],
        requirements: [
            Requirement("audio concealed under 2 % in any second") { $0.audioConcealedInWorstSecond < 0.02 },
            .noFreeze(over: .seconds(1)),
            Requirement("over 1.2 Mbit/s within 10 s of the return") {
                ($0.timeToReach(1_200_000, from: .seconds(30)) ?? .seconds(99)) <= .seconds(10)
            },
        ], narrowing: Narrowing(at: .seconds(10), rate: 300_000, queue: .milliseconds(300), roundTrip: .milliseconds(50)))

    /// The same between two windows of up to 160x60 characters, which ask for no more than they show.
    static let stepBetweenWindows = {
        var scenario = NetworkScenario(
            id: "windows", name: "the same between two terminals, up to 160x60", duration: step.duration, link: step.link,
            events: step.events,
            requirements: [.noFreeze(over: .seconds(1))], narrowing: step.narrowing)
        scenario.prepare = { call in
            for end in [call.caller, call.callee] {
                end.peer.setPictureLimit(.init(frameSize: 300))
                end.peer.handle(.usefulBitrate(600_000), at: call.now)
            }
        }
        return scenario
    }()

    static let narrow = NetworkScenario(
        id: "64k", name: "64 kbit/s", duration: .seconds(40),
        link: LinkModel(delay: .milliseconds(50), rate: 64_000, queue: .time(.milliseconds(500))), settled: .seconds(8),
        requirements: [.audioConcealed(under: 0.02)])

    static let clean = NetworkScenario(
        id: "clean", name: "a clean 5 Mbit/s line, the start", duration: .seconds(20),
        link: LinkModel(delay: .milliseconds(20), rate: 5_000_000, queue: .time(.milliseconds(200))),
        requirements: [
            Requirement("over 1 Mbit/s within 2 s") { ($0.timeToReach(1_000_000) ?? .seconds(99)) <= .seconds(2) }
        ])

    static let deadPath = {
        var scenario = NetworkScenario(
            id: "deadpath", name: "the path dies, another exists", duration: .seconds(20), link: LinkModel(delay: .milliseconds(15)),
            events: [
                // Nobody tells: what goes from the address in use and to it vanishes.
                Event(at: .seconds(10)) { call in
                    let used = call.caller.peer.statistics.ice.selectedPair?.local.transportAddress
                    if let used { call.removeAddress(used, from: call.caller, isNoticed: false) }
                }
            ],
            requirements: .soundAgainWithinThreeSeconds)
        scenario.prepare = { call in call.addAddress(.v4(0xc612_0101), to: call.caller) }
        return scenario
    }()

    static let newAddress = NetworkScenario(
        id: "newaddress", name: "the interface's address changes", duration: .seconds(20), link: LinkModel(delay: .milliseconds(15)),
        events: [
            Event(at: .seconds(10)) { call in
                if let old = call.caller.addresses.first { call.removeAddress(old, from: call.caller, isNoticed: true) }
            },
            Event(at: .milliseconds(10_200)) { call in
                call.addAddress(.v4(0xc612_0202), to: call.caller)
                try? call.restart(call.caller)
            },
        ],
        requirements: .soundAgainWithinThreeSeconds)
}

extension [NetworkScenario.Requirement] {
    fileprivate static let soundAgainWithinThreeSeconds: Self = [
        Element("sound again within 3 s") { $0.longestSilence < .seconds(3) },
        Element("picture again within 3 s") { $0.longestFreeze < .seconds(3) },
        Element("the same call") { $0.survived },
    ]
}

extension NetworkScenario.Requirement {
    static func framesShown(_ share: Double) -> Self {
        Self("at least \(Int(share * 100)) % of the frames shown") { $0.framesShown >= share }
    }

    static func noFreeze(over limit: Duration) -> Self {
        Self("no freeze over \(Int(limit.milliseconds)) ms") { $0.longestFreeze <= limit }
    }

    static func audioConcealed(under share: Double) -> Self {
        let tenths = Int((share * 1000).rounded())
        return Self("audio concealed under \(tenths / 10).\(tenths % 10) %") { $0.audioConcealed < share }
    }
}
