/// One thing that was looked at.
public struct Finding: Equatable, Sendable {
    public var label: String
    public var value: String
    /// What to do where it could be better.
    public var remedy: String?

    public init(_ label: String, _ value: String, remedy: String? = nil) {
        self.label = label
        self.value = value
        self.remedy = remedy
    }
}
