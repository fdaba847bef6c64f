import TerminalVideo

/// A decoded picture that the console may look at, from its own thread, for as long as it holds it.
public protocol Picture: AnyObject, Sendable {
    /// Lends the picture's planes; nothing is drawn where it has none (`body` is not called then).
    func withPictureView(_ body: (PictureView) -> Void)
}
