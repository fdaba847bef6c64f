/// What the console is told.
public enum ConsoleEvent: Sendable {
    /// The server is being looked for, for the first time.
    case connecting(server: String)
    case connected(name: String, room: String, server: String)
    /// The server was lost, or not found; it is tried again without the console's doing.
    case disconnected(reason: String)
    /// Everyone else in the room, in the order to be shown.
    case roster([PeerRow])
    /// The own status, as the server has it.
    case status(Presence)
    case call(CallUpdate)
    /// Once a second while a call is connected.
    case statistics(ConsoleStatistics)
    /// What the other side sends at present; told when it changes.
    case remoteMedia(audio: Bool, video: Bool)
    /// Whether our own microphone and camera are on; told when it changes by other means than the console's keys.
    case localMedia(microphone: Bool, camera: Bool)
    /// The devices to be used in a call, for the screen before it.
    case devices([DeviceRow])
    /// What devices there are to choose from.
    case deviceChoices([DeviceChoice])
    /// What is said and what is heard, in decibels relative to a full-scale sine.
    case levels(microphone: Double, speaker: Double)
    /// Somebody speaks into the microphone that is off.
    case speechMuted
    /// One line of news.
    case note(String)
    /// The console is to close, as if the person had quit; `sentence` is said on standard error then.
    case finish(sentence: String?)
}

public enum Presence: String, CaseIterable, Sendable {
    case available
    case away
    case inCall = "in a call"
    case doNotDisturb = "do not disturb"
}

/// Someone in the room.
public struct PeerRow: Equatable, Sendable {
    public var id: String
    /// As the peer wrote it: the console removes what a terminal would obey.
    public var name: String
    public var status: Presence
    /// Since when the status holds, in seconds of Unix time.
    public var since: Int64?
    /// What the peer runs, such as "browser".
    public var client: String?

    public init(id: String, name: String, status: Presence = .available, since: Int64? = nil, client: String? = nil) {
        self.id = id
        self.name = name
        self.status = status
        self.since = since
        self.client = client
    }
}

/// The state of a call, told whenever it changes.
public struct CallUpdate: Equatable, Sendable {
    public enum State: Equatable, Sendable {
        case ringingOut
        case ringingIn(video: Bool)
        case connecting
        case connected
        /// The network changed; the call is being repaired.
        case reconnecting
        /// Over, with a whole sentence that says why.
        case ended(sentence: String, outcome: Outcome)
    }

    /// For the list of recent calls.
    public enum Outcome: String, Equatable, Sendable {
        case completed
        case missed
        case declined
        case failed
    }

    public var id: String
    public var peerName: String
    public var state: State

    public init(id: String, peerName: String, state: State) {
        self.id = id
        self.peerName = peerName
        self.state = state
    }
}

/// What the other side gets of our picture.
public enum SentPicture: Hashable, Sendable {
    /// What is captured, or nothing because nothing is to be sent.
    case whole
    /// Smaller, or fewer pictures, because the line takes no more.
    case reduced
    /// None, since the line takes no more than the sound.
    case paused
}

/// How a call goes. What is not known is nil.
public struct ConsoleStatistics: Equatable, Sendable {
    public var roundTripMilliseconds: Double?
    /// The share of packets lost over the last seconds, 0...1.
    public var lossFraction: Double?
    public var receivedKilobitsPerSecond: Double?
    public var isRelayed: Bool?
    /// What the line lets through of our picture.
    public var sentPicture: SentPicture
    /// Further lines for the statistics panel, such as ("video in", "VP8 640x480 30/s").
    public var details: [(label: String, value: String)]

    public init(
        roundTripMilliseconds: Double? = nil, lossFraction: Double? = nil, receivedKilobitsPerSecond: Double? = nil,
        isRelayed: Bool? = nil, sentPicture: SentPicture = .whole, details: [(label: String, value: String)] = []
    ) {
        self.roundTripMilliseconds = roundTripMilliseconds
        self.lossFraction = lossFraction
        self.receivedKilobitsPerSecond = receivedKilobitsPerSecond
        self.isRelayed = isRelayed
        self.sentPicture = sentPicture
        self.details = details
    }

    public static func == (left: ConsoleStatistics, right: ConsoleStatistics) -> Bool {
        left.roundTripMilliseconds == right.roundTripMilliseconds && left.lossFraction == right.lossFraction
            && left.receivedKilobitsPerSecond == right.receivedKilobitsPerSecond && left.isRelayed == right.isRelayed
            && left.sentPicture == right.sentPicture
            && left.details.elementsEqual(right.details, by: ==)
    }
}

/// A device or network property, such as ("Camera", "C920 640x480, off until a call").
public struct DeviceRow: Equatable, Sendable {
    public var label: String
    public var text: String

    public init(label: String, text: String) {
        self.label = label
        self.text = text
    }
}

/// What a device is used as.
public enum DeviceKind: String, CaseIterable, Sendable {
    case camera
    case microphone
    case speaker
}

/// A device that can be used in a call.
public struct DeviceChoice: Equatable, Sendable {
    public var kind: DeviceKind
    /// As options take it.
    public var name: String
    /// For people.
    public var title: String
    /// Whether it is used at present.
    public var isCurrent: Bool

    public init(kind: DeviceKind, name: String, title: String, isCurrent: Bool) {
        self.kind = kind
        self.name = name
        self.title = title
        self.isCurrent = isCurrent
    }
}
