import MediaSources

/// Tells that somebody speaks: sound that stays well above the room's own noise for a while, going up and down as syllables do.
public struct SpeechDetector: Sendable {
    /// Speech is louder than this, in decibels relative to a full-scale sine.
    private static let quietest = -45.0
    /// By how much it stands above the noise, in decibels.
    private static let clearance = 12.0
    /// Decibels by which the noise that is believed in rises in a second; it falls at once.
    private static let rise = 6.0
    /// So much of the last second has to be speech: a cough or a key is shorter.
    private static let enough = 0.4

    /// In decibels; at first as loud as whatever there is.
    private var noise = Double.infinity
    /// Of the last second or so, the part that was speech: 0...1.
    private var share = 0.0

    public init() {}

    /// Whether somebody speaks.
    public var isSpeech: Bool { share > Self.enough }

    public mutating func hear(_ samples: [Int16]) {
        guard !samples.isEmpty else { return }
        let seconds = Double(samples.count) / Double(AudioFormat.sampleRate)
        let level = max(LevelMeter.decibels(of: samples), -90)
        noise = min(level, noise + Self.rise * seconds)
        let isLoud = level > max(Self.quietest, noise + Self.clearance)
        share += ((isLoud ? 1 : 0) - share) * min(1, seconds)
    }
}
