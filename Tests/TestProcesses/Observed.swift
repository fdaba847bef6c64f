import Foundation
import Synchronization

/// A state that one side changes and the other waits on, for a bounded time.
package final class Observed<State: Sendable>: Sendable {
    private struct Waiter {
        /// Takes the state when it is as awaited, and says whether it was.
        var look: (State) -> Bool
        var giveUp: (State) -> Void
    }

    private struct Shared {
        var state: State
        var waiters: [Int: Waiter] = [:]
        var nextID = 0
    }

    private let shared: Mutex<Shared>

    package init(_ state: sending State) {
        shared = Mutex(Shared(state: state))
    }

    package var now: State { shared.withLock { $0.state } }

    package func update(_ change: (inout State) -> Void) {
        shared.withLock { shared in
            change(&shared.state)
            let state = shared.state
            for (id, waiter) in shared.waiters where waiter.look(state) { shared.waiters[id] = nil }
        }
    }

    /// What `find` finds in the state, as soon as it finds something.
    ///
    /// - Throws: ``Overdue`` with `what` and the state when that took longer than `limit`.
    package func wait<Found: Sendable>(
        within limit: Duration, for what: String, _ find: @escaping @Sendable (State) -> Found?
    ) async throws -> Found {
        let result: Result<Found, Overdue> = await withCheckedContinuation { continuation in
            let id: Int? = shared.withLock { shared in
                if let found = find(shared.state) {
                    continuation.resume(returning: .success(found))
                    return nil
                }
                shared.nextID += 1
                shared.waiters[shared.nextID] = Waiter(
                    look: { state in
                        guard let found = find(state) else { return false }
                        continuation.resume(returning: .success(found))
                        return true
                    },
                    giveUp: { state in
                        continuation.resume(returning: .failure(Overdue(what: what, limit: limit, state: "\(state)")))
                    })
                return shared.nextID
            }
            guard let id else { return }
            let milliseconds = Int(limit.components.seconds) * 1000 + Int(limit.components.attoseconds / 1_000_000_000_000_000)
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [self] in
                shared.withLock { shared in
                    let state = shared.state
                    shared.waiters.removeValue(forKey: id)?.giveUp(state)
                }
            }
        }
        return try result.get()
    }
}

package struct Overdue: Error, CustomStringConvertible {
    package var what: String
    package var limit: Duration
    package var state: String

    package var description: String { "\(what) did not come within \(limit); there was: \(state.suffix(3000))" }
}
