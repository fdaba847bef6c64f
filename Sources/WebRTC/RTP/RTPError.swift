/// Why bytes were not taken for an RTP or RTCP packet or payload.
public enum RTPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The bytes ended before a field that the header promised.
    case truncated
    /// The version field is not 2.
    case version(UInt8)
    /// The padding count is zero or greater than the space it should lie in.
    case padding
    /// A field holds a value that its format does not allow.
    case malformed(String)

    public var description: String {
        switch self {
        case .truncated: "the packet ends before its fields do; drop it"
        case .version(let version): "RTP version \(version) instead of 2; drop the packet"
        case .padding: "the padding is longer than the packet; drop it"
        case .malformed(let what): "\(what); drop the packet"
        }
    }
}
