/// What `--play` names.
public enum PlaybackSpecification: Hashable, Sendable, CustomStringConvertible {
    /// A speaker: the system's choice, or one by the name that `glyphone devices` shows.
    case speaker(name: String?)
    /// A WAV file that takes what would be heard.
    case file(path: String)
    case none

    /// Reads `speaker`, `speaker:NAME`, `FILE.wav` or `none`.
    public init(parsing text: String) throws(MediaError) {
        let (kind, argument) = splitSpecification(text)
        switch (kind, argument) {
        case ("none", nil):
            self = .none
        case ("speaker", nil):
            self = .speaker(name: nil)
        case ("speaker", .some(let name)):
            guard !name.isEmpty else {
                throw MediaError("speaker: names no speaker: after the colon comes a name that `glyphone devices` shows")
            }
            self = .speaker(name: name)
        default:
            guard text.utf8.count > 4, text.suffix(4).lowercased() == ".wav", !text.utf8.contains(0) else {
                throw MediaError("\(quoted(text)) cannot be played to: use speaker, speaker:NAME, a file that ends in .wav, or none")
            }
            self = .file(path: text)
        }
    }

    public var description: String {
        switch self {
        case .speaker(nil): "speaker"
        case .speaker(let name?): "speaker:\(name)"
        case .file(let path): path
        case .none: "none"
        }
    }
}
