import Synchronization
import TerminalIO

/// Where other threads leave events and pictures for a console.
///
/// Events keep their order. Of pictures only the newest is kept: one that the terminal was too slow for is not shown late.
public final class ConsoleInbox: Sendable {
    /// So many events may wait. A console that took none for so long is stopped (Ctrl-Z); statistics and news go first then.
    static let mostEvents = 1024

    /// What became of a picture since it was last asked for.
    enum PictureChange {
        case none
        /// - Parameter skipped: how many came before it and were replaced before anyone took them.
        case new(any Picture, skipped: Int)
        case gone

        mutating func replace(with picture: (any Picture)?) {
            guard let picture else { return self = .gone }
            if case .new(_, let skipped) = self {
                self = .new(picture, skipped: skipped + 1)
            } else {
                self = .new(picture, skipped: 0)
            }
        }
    }

    private struct Contents {
        var events: [ConsoleEvent] = []
        var remote = PictureChange.none
        var own = PictureChange.none
    }

    private let contents = Mutex(Contents())
    let wakeup: Wakeup

    /// - Throws: `TerminalError` where the process has no descriptors left.
    public init() throws(TerminalError) {
        wakeup = try Wakeup()
    }

    public func post(_ event: ConsoleEvent) {
        contents.withLock { contents in
            if contents.events.count >= Self.mostEvents {
                contents.events.removeAll { event in
                    switch event {
                    case .statistics, .note: true
                    default: false
                    }
                }
            }
            if contents.events.count < Self.mostEvents { contents.events.append(event) }
        }
        wakeup.wake()
    }

    /// Shows a picture of the other side; nil where none comes any more.
    public func showRemote(_ picture: (any Picture)?) {
        contents.withLock { contents in
            contents.remote.replace(with: picture)
        }
        wakeup.wake()
    }

    /// Shows a picture of our own camera; nil where none comes any more.
    public func showOwn(_ picture: (any Picture)?) {
        contents.withLock { $0.own.replace(with: picture) }
        wakeup.wake()
    }

    func takeEvents() -> [ConsoleEvent] {
        contents.withLock { contents in
            defer { contents.events.removeAll() }
            return contents.events
        }
    }

    func takeRemote() -> PictureChange {
        contents.withLock { contents in
            defer { contents.remote = .none }
            return contents.remote
        }
    }

    func takeOwn() -> PictureChange {
        contents.withLock { contents in
            defer { contents.own = .none }
            return contents.own
        }
    }
}
