import TerminalIO
import TerminalVideo

/// What painting goes by: the terminal and the line to it, as they are at a moment.
package struct PaintedLine {
    /// What the line takes, in bytes a second, as far as is known.
    package var rate: Int
    /// Whether pictures had to wait for the line lately.
    package var isLimited: Bool
    /// Whether the terminal takes nothing, as after Ctrl-S.
    package var isStopped: Bool
    /// More pictures a second are wasted.
    package var mostFramesPerSecond: Int
    /// The width of a cell divided by its height.
    package var cellAspect: Double
    /// What sixels are on the terminal.
    package var sixel: SixelFormat

    package init(
        rate: Int, isLimited: Bool, isStopped: Bool = false, mostFramesPerSecond: Int = 60, cellAspect: Double = 0.5,
        sixel: SixelFormat = SixelFormat()
    ) {
        self.sixel = sixel
        self.rate = rate
        self.isLimited = isLimited
        self.isStopped = isStopped
        self.mostFramesPerSecond = mostFramesPerSecond
        self.cellAspect = cellAspect
    }
}

/// What can be painted on: a terminal, or in tests one behind a line in virtual time.
package protocol PaintedTerminal: AnyObject {
    func line(at now: ContinuousClock.Instant) -> PaintedLine
    /// How many bytes of pictures may be sent now; 0 for none.
    func pictureAllowance(at now: ContinuousClock.Instant) -> Int
    /// Whether all that was sent has been taken, so that a key's effect may go out.
    var isFlushed: Bool { get }
    /// Whether the line is free enough for what no one waits for.
    var hasRoom: Bool { get }
    func sendFrame(_ bytes: [UInt8])
}

extension Terminal: PaintedTerminal {
    package func line(at now: ContinuousClock.Instant) -> PaintedLine {
        PaintedLine(
            rate: lineRate, isLimited: isLimited(at: now), isStopped: isStopped, mostFramesPerSecond: mostFramesPerSecond,
            cellAspect: size.cellAspect ?? 0.5, sixel: SixelFormat(capabilities, cell: size.cellPixels))
    }
}

extension SixelFormat {
    /// As the terminal tells, and as usual where it does not.
    init(_ capabilities: TerminalCapabilities, cell: PixelSize?) {
        let usual = SixelFormat()
        self.init(
            cellWidth: cell?.width ?? usual.cellWidth, cellHeight: cell?.height ?? usual.cellHeight,
            registers: capabilities.colourRegisters ?? usual.registers, mostWidth: capabilities.largestImage?.width ?? usual.mostWidth,
            mostHeight: capabilities.largestImage?.height ?? usual.mostHeight)
    }
}
