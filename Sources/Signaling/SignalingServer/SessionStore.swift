/// Where the hub's sessions are kept over a restart.
public protocol SessionStore: Sendable {
    /// What was kept when it was last closed, or cut off.
    mutating func load() throws -> StoredState

    /// Takes a change; it is kept at the next `commit`.
    mutating func append(_ change: StoreChange)

    /// Keeps what was appended. `whole` is the state with all changes, for a store that wants to begin anew.
    mutating func commit(whole: () -> StoredState) throws

    mutating func close()
}
