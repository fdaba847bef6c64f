/// What `--audio` names.
public enum AudioSourceSpecification: Hashable, Sendable, CustomStringConvertible {
    /// A microphone: the system's choice, or one by the name that `glyphone devices` shows.
    case microphone(name: String?)
    /// The test tone.
    case test
    /// A media file, which loops.
    case file(path: String)
    case none

    /// Reads `mic`, `mic:NAME`, `test`, `none`, or else the name of a file.
    public init(parsing text: String) throws(MediaError) {
        let (kind, argument) = splitSpecification(text)
        switch (kind, argument) {
        case ("", nil):
            throw MediaError("no audio source is named: use mic, mic:NAME, test, a file, or none")
        case ("none", nil):
            self = .none
        case ("mic", nil):
            self = .microphone(name: nil)
        case ("mic", .some(let name)):
            guard !name.isEmpty else {
                throw MediaError("mic: names no microphone: after the colon comes a name that `glyphone devices` shows")
            }
            self = .microphone(name: name)
        case ("test", nil):
            self = .test
        case ("test", _):
            throw MediaError("\(quoted(text)) is no test tone: it has nothing to choose, so write just test")
        case ("camera", _), ("speaker", _):
            throw MediaError("\(quoted(text)) is no source of sound: for audio use mic, test, a file, or none")
        default:
            self = .file(path: text)
        }
    }

    public var description: String {
        switch self {
        case .microphone(nil): "mic"
        case .microphone(let name?): "mic:\(name)"
        case .test: "test"
        case .file(let path): path
        case .none: "none"
        }
    }
}
