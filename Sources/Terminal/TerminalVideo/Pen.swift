/// The colours that the terminal writes with, as far as they are known.
struct Pen {
    /// The terminal's own colour (SGR 39 and 49).
    static let defaultColour: UInt32 = 0x100_0000
    private static let unknownColour: UInt32 = .max

    private(set) var foreground: UInt32
    private(set) var background: UInt32
    /// The two as they look, where they are RGB.
    private(set) var ink = Light.none
    private(set) var paper = Light.none

    /// Of which nothing is known.
    static let unknown = Pen(foreground: unknownColour, background: unknownColour)
    /// What SGR 0 leaves.
    static let reset = Pen(foreground: defaultColour, background: defaultColour)

    private init(foreground: UInt32, background: UInt32) {
        self.foreground = foreground
        self.background = background
    }

    @inline(__always)
    mutating func set(foreground colour: UInt32) {
        foreground = colour
        ink = colour < Self.defaultColour ? Light(colour) : .none
    }

    @inline(__always)
    mutating func set(background colour: UInt32) {
        background = colour
        paper = colour < Self.defaultColour ? Light(colour) : .none
    }
}
