/// What is on its way to the terminal: one frame at most, and how fast the terminal takes it.
///
/// Nothing queues up here. Whoever paints asks ``isIdle`` first and paints the newest state then, so that a slow terminal sees fewer
/// frames, never old ones. Frames are kept small enough that what comes next is not held up for long.
package struct TerminalOutput {
    package init() {}

    /// A frame is to be taken by the terminal within this; a key's effect waits for no more than one frame.
    package static let targetDelay: Duration = .milliseconds(50)
    /// Frames are not cut smaller than this, in bytes: below, sequences that start and end a frame would be much of it.
    package static let smallestFrame = 768
    /// A terminal that has taken frames this large in time is not limited, in bytes: a whole frame at 200x60 in truecolor.
    package static let largestFrame = 1 << 19
    /// How many frames may wait for their status reply: two keep a line busy, more would only queue.
    package static let mostUnconfirmed = 2
    /// A reply that has not come by now is lost (another program took it, or the line was changed): painting goes on.
    package static let confirmationTimeout: Duration = .seconds(2)

    private var pending: [UInt8] = []
    private var offset = 0
    private var startedAt: ContinuousClock.Instant?
    /// Frames on their way: when each was sent, and how many bytes were on their way then, its own included.
    private var unconfirmed: [(sentAt: ContinuousClock.Instant, bytes: Int, ownBytes: Int)] = []

    /// No frame should be larger than this at present, in bytes. It starts low: a slow line would take seconds for what a fast one
    /// is given a tenth of a second later.
    package private(set) var frameLimit = 4096

    /// What a question and its answer take when nothing is in their way: the line's, not the frame's delay.
    private var roundTrip: Duration = .zero

    /// Whether all bytes were taken by the system.
    package var isFlushed: Bool { offset == pending.count }

    /// Whether a status report is on its way.
    package var isUnconfirmed: Bool { !unconfirmed.isEmpty }

    /// Whether the next frame may be painted.
    package var isIdle: Bool { isFlushed && unconfirmed.count < Self.mostUnconfirmed }

    /// When an overdue reply is given up.
    package var deadline: ContinuousClock.Instant? { unconfirmed.first.map { $0.sentAt + Self.confirmationTimeout } }

    package mutating func handleTimeout(at now: ContinuousClock.Instant) {
        unconfirmed.removeAll { now - $0.sentAt >= Self.confirmationTimeout }
    }

    /// Adds bytes behind those that wait.
    ///
    /// - Parameter confirmed: whether the bytes end with a question for a status report.
    package mutating func append(_ bytes: [UInt8], confirmed: Bool, at now: ContinuousClock.Instant) {
        if isFlushed {
            pending.removeAll(keepingCapacity: true)
            offset = 0
            startedAt = now
        }
        pending += bytes
        if confirmed {
            let before = unconfirmed.reduce(0) { $0 + $1.ownBytes }
            unconfirmed.append((now, before + bytes.count, bytes.count))
        }
    }

    /// Gives the bytes that wait to `write`, which says how many it took; nil if it takes none now.
    package mutating func flush(at now: ContinuousClock.Instant, write: (UnsafeRawBufferPointer) -> Int?) {
        while !isFlushed {
            let taken = pending.withUnsafeBytes { write(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
            guard let taken, taken > 0 else { return }
            offset += min(taken, pending.count - offset)
        }
        if let startedAt {
            self.startedAt = nil
            if unconfirmed.isEmpty { adapt(bytes: pending.count, delay: now - startedAt) }
        }
    }

    /// A status report came: the oldest frame is on the screen.
    package mutating func confirm(at now: ContinuousClock.Instant) {
        guard !unconfirmed.isEmpty else { return }
        let frame = unconfirmed.removeFirst()
        let delay = now - frame.sentAt
        roundTrip = min(roundTrip, delay)
        adapt(bytes: frame.bytes, delay: delay - roundTrip)
    }

    /// Says how long the terminal took to answer a question on an idle line.
    package mutating func setRoundTrip(_ roundTrip: Duration) {
        self.roundTrip = roundTrip
    }

    /// Forgets the bytes that wait. Reports that are on their way still come.
    package mutating func discard() {
        pending.removeAll()
        offset = 0
        startedAt = nil
    }

    /// Forgets everything: the terminal was given to someone else.
    package mutating func reset() {
        discard()
        unconfirmed = []
    }

    private mutating func adapt(bytes: Int, delay: Duration) {
        if delay <= Self.targetDelay {
            // Only a frame that was near the limit shows that more would have been taken.
            if bytes * 2 > frameLimit { frameLimit = min(frameLimit * 2, Self.largestFrame) }
        } else {
            let fitting = Double(bytes) * (Self.targetDelay / delay)
            frameLimit = max(Self.smallestFrame, min(frameLimit, Int(fitting)))
        }
    }
}
