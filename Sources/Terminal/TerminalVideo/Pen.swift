/// The colours that the terminal writes with, as far as they are known, and the sequences (SGR) that change them.
struct Pen {
    /// The terminal's own colour (SGR 39 and 49).
    static let defaultColour: UInt32 = 0x100_0000
    private static let unknownColour: UInt32 = .max

    var foreground: UInt32 = Pen.unknownColour
    var background: UInt32 = Pen.unknownColour

    /// No change of colours is longer: both colours in 24 bits, 38 bytes, and what a store of a whole word writes beyond.
    static let longestChange = 48

    /// What SGR 0 leaves.
    static let reset = Pen(foreground: defaultColour, background: defaultColour)
}
