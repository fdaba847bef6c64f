import Wire

/// Turns the receivers' PLI and FIR into forced key frames, no more than the stream can bear.
struct KeyFrameRequests: Sendable {
    /// A key frame costs several times an ordinary one, so one is forced at most this often.
    static let minimumInterval = Duration.milliseconds(300)
    /// Receivers whose FIR numbers are remembered: in a call there is one.
    private static let maximumRequesters = 16

    private var lastForced: Instant?
    private var commands: [(sender: UInt32, number: UInt8)] = []
    /// When a request that came too soon is to be heeded.
    private(set) var deadline: Instant?

    /// Whether a FIR is new, not the repetition of one that was heeded (RFC 5104 section 4.3.1.2).
    mutating func isNew(_ number: UInt8, from sender: UInt32) -> Bool {
        if let index = commands.firstIndex(where: { $0.sender == sender }) {
            if commands[index].number == number { return false }
            commands[index].number = number
            return true
        }
        if commands.count == Self.maximumRequesters { commands.removeFirst() }
        commands.append((sender, number))
        return true
    }

    /// Whether to force a key frame now.
    ///
    /// A request that comes within a round trip of the last forced one was sent before that could arrive, so it is about
    /// the same loss. One that comes later, but within the minimum interval, waits for its end.
    mutating func request(roundTripTime: Duration?, at now: Instant) -> Bool {
        if let lastForced, now - lastForced < Self.minimumInterval {
            if let roundTripTime, now - lastForced >= roundTripTime { deadline = lastForced + Self.minimumInterval }
            return false
        }
        lastForced = now
        deadline = nil
        return true
    }

    /// Whether a request that waited is due.
    mutating func timeout(at now: Instant) -> Bool {
        guard let deadline, deadline <= now else { return false }
        self.deadline = nil
        lastForced = now
        return true
    }
}
