/// What makes the calls for a console. It answers through the console's ``ConsoleInbox``.
public protocol CallService: AnyObject, Sendable {
    /// Does what the person asked for. Called on the console's thread; it must not block.
    func perform(_ action: ConsoleAction)
}
