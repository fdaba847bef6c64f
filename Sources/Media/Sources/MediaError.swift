/// Something about a source or a device that a person has to be told: what happened, to what, and what to do next.
public struct MediaError: Error, Equatable, Sendable, CustomStringConvertible {
    /// One sentence, on one line.
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
