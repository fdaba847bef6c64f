import Congestion
import Wire

/// The largest and the most pictures that the other side is asked for, by what can be seen here (`max-fs` and `max-fr`, RFC 7741
/// section 6.1).
///
/// Each change is a negotiation, and a key frame of the other side's. So sizes go in coarse steps, of which the least leaves room for a
/// larger window; more is asked for as soon as a window stands still, less only when it lasts, and seldom in any case.
package struct PictureWish: Machine {
    package enum Input: Sendable {
        /// The pixels that there are for the picture; `nil`: any that come are of use.
        case shown(ShownPicture?)
        case timeout
    }

    /// In macroblocks of 16x16 pixels: 320x240, 640x480, 1280x720, 1920x1080; beyond, there is no limit.
    private static let frameSizes = [300, 1_200, 3_600, 8_160]
    /// A smaller step must leave this much room, so that a window that moves about its edge changes nothing.
    private static let room = (numerator: 5, denominator: 4)
    /// How long more, or less, must be wanted before it is asked for.
    private static let patience = (more: Duration.milliseconds(250), less: Duration.seconds(3))
    /// Between two changes.
    private static let interval = Duration.seconds(2)

    /// What is asked for now.
    package private(set) var limit: VideoLadder.Limit
    private var pending: (limit: VideoLadder.Limit, since: Instant)?
    private var changedAt: Instant?
    private var outputs: [VideoLadder.Limit] = []

    package init(_ picture: ShownPicture?) {
        limit = Self.limit(for: picture, after: nil)
    }

    package var deadline: Instant? {
        pending.map { pending in
            let due = pending.since + (Self.isMore(pending.limit, than: limit) ? Self.patience.more : Self.patience.less)
            return max(due, changedAt.map { $0 + Self.interval } ?? due)
        }
    }

    /// The next limit to ask for.
    package mutating func nextOutput() -> VideoLadder.Limit? {
        outputs.isEmpty ? nil : outputs.removeFirst()
    }

    package mutating func handle(_ input: Input, at now: Instant) {
        if case .shown(let picture) = input {
            let wanted = Self.limit(for: picture, after: limit)
            if wanted == limit {
                pending = nil
            } else if pending?.limit != wanted {
                pending = (wanted, now)
            }
        }
        guard let pending, let deadline, deadline <= now else { return }
        limit = pending.limit
        changedAt = now
        self.pending = nil
        outputs.append(limit)
    }

    private static func limit(for picture: ShownPicture?, after current: VideoLadder.Limit?) -> VideoLadder.Limit {
        guard let picture else { return VideoLadder.Limit() }
        let needed = picture.macroblocks
        let framesPerSecond = picture.framesPerSecond
        let enough = frameSizes.first { $0 >= needed }
        guard let current else { return VideoLadder.Limit(frameSize: enough, framesPerSecond: framesPerSecond) }
        let roomy = frameSizes.first { $0 * room.denominator >= needed * room.numerator }
        // Up as far as is needed, down only where there is room to spare.
        let isEnough = current.frameSize.map { $0 >= needed } ?? true
        let isTooMuch = size(roomy) < size(current.frameSize)
        let frameSize = isEnough ? (isTooMuch ? roomy : current.frameSize) : enough
        return VideoLadder.Limit(frameSize: frameSize, framesPerSecond: framesPerSecond)
    }

    private static func isMore(_ limit: VideoLadder.Limit, than other: VideoLadder.Limit) -> Bool {
        size(limit.frameSize) > size(other.frameSize) || size(limit.framesPerSecond) > size(other.framesPerSecond)
    }

    private static func size(_ limit: Int?) -> Int { limit ?? .max }
}
