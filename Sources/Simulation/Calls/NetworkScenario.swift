import PeerConnection
import Wire

/// A network, how long a call over it lasts, and what is promised of that call.
public struct NetworkScenario: Sendable {
    /// What happens in mid-call.
    public struct Event: Sendable {
        /// Since the ends began to connect.
        public var at: Duration
        public var happen: @Sendable (VirtualCall) -> Void

        public init(at: Duration, happen: @escaping @Sendable (VirtualCall) -> Void) {
            self.at = at
            self.happen = happen
        }

        /// Both directions of the path get another link.
        public static func link(_ model: LinkModel, at time: Duration) -> Event {
            Event(at: time) { call in
                for end in [call.caller, call.callee] { call.network.setLinks(of: end.host, uplink: model) }
            }
        }
    }

    public struct Requirement: Sendable {
        /// In words: "at least 98 % of frames shown".
        public var text: String
        public var isMet: @Sendable (NetworkReport) -> Bool

        public init(_ text: String, _ isMet: @escaping @Sendable (NetworkReport) -> Bool) {
            self.text = text
            self.isMet = isMet
        }
    }

    /// A word to choose it by.
    public var id: String
    public var name: String
    public var duration: Duration
    /// Each direction of the path; what follows the bottleneck is ideal.
    public var link: LinkModel
    public var events: [Event]
    /// What there is before the ends connect, beside an address each.
    public var prepare: @Sendable (VirtualCall) -> Void = { _ in }
    /// When what is required of pictures and sound begins to count: sooner, a call still finds its feet.
    public var settled: Duration
    public var requirements: [Requirement]
    /// What becomes narrower, if something does.
    public var narrowing: Narrowing?

    public init(
        id: String, name: String, duration: Duration, link: LinkModel, events: [Event] = [], settled: Duration = .seconds(3),
        requirements: [Requirement], narrowing: Narrowing? = nil
    ) {
        self.id = id
        self.name = name
        self.duration = duration
        self.link = link
        self.events = events
        self.settled = settled
        self.requirements = requirements
        self.narrowing = narrowing
    }

    /// Makes the call. The same seed gives the same one.
    ///
    /// - Throws: what negotiation throws.
    public func run(seed: UInt64, media configuration: SyntheticMedia.Configuration = .init()) throws -> NetworkReport {
        let call = try VirtualCall(seed: seed, link: link, downlink: .ideal)
        var random = RandomSource.seeded(seed &* 104_729)
        prepare(call)
        let began = call.now
        let ends = [call.caller, call.callee]
        let media = ends.map { _ in SyntheticMedia(configuration, random: .seeded(random.next()), at: began) }
        for (end, media) in zip(ends, media) {
            end.media = media
            end.peer.handle(.videoBitrateLimit(configuration.maximumBitrate), at: began)
        }
        try call.connect()
        var directions = [NetworkReport.Direction(), NetworkReport.Direction()]
        var events = events.sorted { $0.at < $1.at }[...]
        var time = Duration.zero
        while time < duration {
            time += NetworkReport.interval
            while let event = events.first, event.at < time {
                call.run(for: began + event.at - call.now)
                event.happen(call)
                events.removeFirst()
            }
            call.run(for: began + time - call.now)
            for index in ends.indices {
                if Int(time / NetworkReport.interval) % 10 == 0 { media[index].receiveReports(of: ends[index].peer) }
                directions[index].sample(
                    sent: call.network.statistics(of: ends[index].host).uplink.bytesOnTheWire,
                    target: ends[index].peer.availableOutgoingBitrate ?? 0, sendsVideo: media[index].sendsVideo,
                    playout: media[1 - index].sound)
            }
        }
        for index in ends.indices {
            directions[index].finish(
                sender: media[index], receiver: media[1 - index], link: call.network.statistics(of: ends[index].host).uplink,
                began: began, settled: settled, until: call.now)
        }
        return NetworkReport(directions: directions, states: ends.map(\.states))
    }
}
