import COpus

/// What went wrong while encoding or decoding Opus.
public enum OpusError: Error, Equatable, CustomStringConvertible {
    /// libopus would not make an encoder or decoder.
    case notCreated(reason: String)
    /// A setting was refused.
    case setting(name: String, reason: String)
    /// The number of samples is none that Opus has a frame for.
    case frameSize(samples: Int)
    /// The encoder failed on a frame.
    case encoding(reason: String)
    /// The bytes are no valid Opus packet.
    case corrupt(reason: String)

    public var description: String {
        switch self {
        case .notCreated(let reason): "libopus could not set up Opus (\(reason)); free some memory and try again"
        case .setting(let name, let reason): "the Opus encoder refused its setting \(name) (\(reason)); choose another value"
        case .frameSize(let samples):
            "\(samples) samples are no Opus frame; give 2.5, 5, 10, 20, 40 or 60 ms, and up to 120 ms when decoding"
        case .encoding(let reason): "sound could not be encoded as Opus (\(reason)); it is skipped"
        case .corrupt(let reason): "a received Opus packet is damaged (\(reason)); it is concealed"
        }
    }

    static func reason(_ status: Int32) -> String {
        String(cString: opus_strerror(status))
    }
}
