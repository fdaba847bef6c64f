import TerminalIO
import TerminalVideo

/// How a mirror draws.
public struct MirrorOptions: Sendable {
    /// The largest picture, in cells; the whole screen if nil.
    public var size: TerminalSize?
    /// The most pictures in a second.
    public var framesPerSecond: Int
    /// What the picture is made of; the best that the terminal has if nil.
    public var glyphs: GlyphSet?
    public var colours: ColourMode?
    /// The most bytes that pictures may take in a second; as many as the terminal takes if nil.
    public var bytesPerSecond: Int?
    /// Whether the terminal is asked what it can do.
    public var isProbing: Bool
    /// What is drawn, for the line below the picture.
    public var title: String

    public init(
        title: String, size: TerminalSize? = nil, framesPerSecond: Int = 60, glyphs: GlyphSet? = nil, colours: ColourMode? = nil,
        bytesPerSecond: Int? = nil, isProbing: Bool = true
    ) {
        self.title = title
        self.size = size
        self.framesPerSecond = framesPerSecond
        self.glyphs = glyphs
        self.colours = colours
        self.bytesPerSecond = bytesPerSecond
        self.isProbing = isProbing
    }
}
