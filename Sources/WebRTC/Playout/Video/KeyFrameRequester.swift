import Wire

/// Says when to ask for a key frame: at once when one is wanted, then again until it comes, never more than twice a second.
struct KeyFrameRequester {
    private static let shortest = Duration.milliseconds(500)
    private static let longest = Duration.seconds(1)
    /// A sender from which nothing comes for this long has stopped; its next packet starts the requests anew.
    private static let patience = Duration.seconds(3)

    var roundTripTime: Duration = .milliseconds(100)
    private(set) var isWanted = false
    private var lastRequest: Instant?
    private var lastPacket: Instant?
    private var notBefore: Instant?

    mutating func packetArrived(at now: Instant) { lastPacket = now }

    mutating func want(notBefore: Instant? = nil) {
        isWanted = true
        self.notBefore = notBefore
    }

    mutating func satisfied() { isWanted = false }

    /// Whether to ask now, which is then taken as done.
    mutating func takeRequest(at now: Instant) -> Bool {
        guard let due = deadline(after: now), due <= now else { return false }
        lastRequest = now
        return true
    }

    /// When to ask next; `now` if that is at once.
    func deadline(after now: Instant) -> Instant? {
        guard isWanted, let lastPacket else { return nil }
        guard let lastRequest else { return notBefore ?? now }
        let interval = min(max(roundTripTime * 2, Self.shortest), Self.longest)
        let next = lastRequest + interval
        return next - lastPacket > Self.patience ? nil : next
    }
}
