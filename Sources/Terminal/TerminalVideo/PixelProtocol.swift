/// How a terminal is sent pixels.
enum PixelProtocol: Equatable {
    /// kitty's graphics protocol: images have numbers, lie below the characters, and are deleted.
    case kitty
    /// Sixels take the place of what was there, and are gone where characters are written or erased.
    case sixel(SixelFormat)

    /// Rows and columns of cells that an image may have. To kitty each image takes its time, however small it is.
    var rowsPerImage: Int {
        switch self {
        case .kitty: 2
        case .sixel(let format): format.rowsPerImage
        }
    }

    var columnsPerImage: Int {
        switch self {
        case .kitty: .max
        case .sixel(let format): format.columnsPerImage
        }
    }

    /// No cell is of more pixels.
    var mostPixels: (across: Int, down: Int) {
        switch self {
        case .kitty: (16, 32)
        case .sixel(let format): (format.cellWidth, format.cellHeight)
        }
    }
}
