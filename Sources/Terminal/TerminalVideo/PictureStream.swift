/// The bytes that paint the pictures of one frame: several panes write to one stream, which leaves cursor and colours as it found them.
public struct PictureStream {
    /// What has been written since ``removeAll()``.
    public private(set) var bytes: [UInt8] = []
    /// What the terminal understands.
    public var features: StreamFeatures
    var pen = Pen.unknown
    private var isOpen = false

    public init(features: StreamFeatures = []) {
        self.features = features
    }

    public var isEmpty: Bool { bytes.isEmpty }

    /// Forgets what was written; the memory is kept.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        isOpen = false
    }

    private static let opening = Array("\u{1B}7\u{1B}[0m".utf8)
    private static let closing = Array("\u{1B}8".utf8)

    /// Saves cursor and colours (DECSC) and starts from known colours, once.
    mutating func open() {
        guard !isOpen else { return }
        isOpen = true
        bytes += Self.opening
        pen = .reset
    }

    /// Gives cursor and colours back (DECRC), if anything was painted.
    public mutating func close() {
        guard isOpen else { return }
        isOpen = false
        bytes += Self.closing
    }

    /// Makes room for so many bytes more.
    mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }

    mutating func append(text: String) { bytes += Array(text.utf8) }

    mutating func append(_ encoded: [UInt8]) { bytes += encoded }

    mutating func append(_ encoded: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: encoded)
    }
}
