import Wire

/// Whether less is sent than the path would take because there is no more to send (libwebrtc's application-limited region): then
/// what arrives says nothing of the path's limit.
struct ApplicationLimit: Sendable {
    /// The share of the rate below which a sender is limited by itself.
    private static let usage = 0.65
    private static let window = 0.5
    /// Of the unused budget: where the state begins and ends.
    private static let (begin, end) = (0.8, 0.5)

    /// Since when; `nil` if the path is the limit.
    private(set) var since: Instant?
    private(set) var endedAt: Instant?
    private var remaining = 0.0
    private var last: Instant?

    /// `bytes` leave now, where `rate` bits per second might.
    mutating func sent(_ bytes: Int, rate: Double, at now: Instant) {
        let size = max(1, rate * Self.usage * Self.window / 8)
        let elapsed = (now - (last ?? now)).seconds
        last = now
        remaining = min(remaining + elapsed * rate * Self.usage / 8, size)
        remaining = max(remaining - Double(bytes), -size)
        if since == nil, remaining / size > Self.begin {
            since = now
        } else if since != nil, remaining / size < Self.end {
            since = nil
            endedAt = now
        }
    }
}
