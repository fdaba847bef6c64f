import Wire

/// What stands before the VP8 data in each RTP payload (RFC 7741 section 4.2).
public struct VP8PayloadDescriptor: Hashable, Sendable {
    /// N: no other frame refers to this one, so it can be left out.
    public var isNonReference: Bool
    /// S: the payload starts a partition of the frame.
    public var isStartOfPartition: Bool
    /// PID: the partition that the payload's first byte belongs to, 0...7.
    public var partitionIndex: UInt8
    /// Grows by one with each frame; 7 or 15 bits, see ``hasLongPictureID``.
    public var pictureID: UInt16?
    /// M: the picture id has 15 bits, not 7.
    public var hasLongPictureID: Bool
    /// TL0PICIDX: counts the frames of temporal layer 0.
    public var tl0PictureIndex: UInt8?
    /// TID: the temporal layer, 0...3.
    public var temporalLayerID: UInt8?
    /// Y: the frame refers only to frames of layer 0. Only meaningful with ``temporalLayerID``.
    public var isLayerSync: Bool
    /// KEYIDX, 0...31.
    public var keyIndex: UInt8?

    public init(
        isStartOfPartition: Bool, partitionIndex: UInt8 = 0, isNonReference: Bool = false, pictureID: UInt16? = nil,
        hasLongPictureID: Bool = true, tl0PictureIndex: UInt8? = nil, temporalLayerID: UInt8? = nil, isLayerSync: Bool = false,
        keyIndex: UInt8? = nil
    ) {
        self.isStartOfPartition = isStartOfPartition
        self.partitionIndex = partitionIndex
        self.isNonReference = isNonReference
        self.pictureID = pictureID
        self.hasLongPictureID = hasLongPictureID
        self.tl0PictureIndex = tl0PictureIndex
        self.temporalLayerID = temporalLayerID
        self.isLayerSync = isLayerSync
        self.keyIndex = keyIndex
    }

    /// Whether the payload is the first of its frame.
    public var isStartOfFrame: Bool { isStartOfPartition && partitionIndex == 0 }

    /// The greatest picture id before it wraps to 0.
    public var maximumPictureID: UInt16 { hasLongPictureID ? 0x7fff : 0x7f }

    /// Bytes that the descriptor takes.
    public var encodedSize: Int {
        var size = 1
        if hasExtension { size += 1 }
        if pictureID != nil { size += hasLongPictureID ? 2 : 1 }
        if tl0PictureIndex != nil { size += 1 }
        if temporalLayerID != nil || keyIndex != nil { size += 1 }
        return size
    }

    private var hasExtension: Bool { pictureID != nil || tl0PictureIndex != nil || temporalLayerID != nil || keyIndex != nil }

    /// Reads the descriptor of an RTP payload and returns it with the VP8 data behind it.
    ///
    /// Throws ``RTPError`` if the payload ends within the descriptor or holds nothing else.
    public static func parse(_ payload: [UInt8]) throws(RTPError) -> (descriptor: VP8PayloadDescriptor, data: ArraySlice<UInt8>) {
        var reader = ByteReader(payload)
        do {
            let descriptor = try VP8PayloadDescriptor(from: &reader)
            guard !reader.isAtEnd else { throw RTPError.truncated }
            return (descriptor, payload[reader.position...])
        } catch { throw .truncated }
    }

    init(from reader: inout ByteReader) throws(ByteReader.Truncated) {
        let first = try reader.read(UInt8.self)
        self.init(isStartOfPartition: first & 0x10 != 0, partitionIndex: first & 0x7, isNonReference: first & 0x20 != 0)
        guard first & 0x80 != 0 else { return }
        let present = try reader.read(UInt8.self)
        if present & 0x80 != 0 {
            let byte = try reader.read(UInt8.self)
            hasLongPictureID = byte & 0x80 != 0
            pictureID = hasLongPictureID ? UInt16(byte & 0x7f) << 8 | UInt16(try reader.read(UInt8.self)) : UInt16(byte)
        }
        if present & 0x40 != 0 { tl0PictureIndex = try reader.read(UInt8.self) }
        if present & 0x30 != 0 {
            let byte = try reader.read(UInt8.self)
            if present & 0x20 != 0 {
                temporalLayerID = byte >> 6
                isLayerSync = byte & 0x20 != 0
            }
            if present & 0x10 != 0 { keyIndex = byte & 0x1f }
        }
    }

    func write(to writer: inout ByteWriter) {
        let flags: UInt8 = (hasExtension ? 0x80 : 0) | (isNonReference ? 0x20 : 0) | (isStartOfPartition ? 0x10 : 0)
        writer.write(flags | partitionIndex & 0x7)
        guard hasExtension else { return }
        var present: UInt8 = 0
        if pictureID != nil { present |= 0x80 }
        if tl0PictureIndex != nil { present |= 0x40 }
        if temporalLayerID != nil { present |= 0x20 }
        if keyIndex != nil { present |= 0x10 }
        writer.write(present)
        if let pictureID { if hasLongPictureID { writer.write(0x8000 | pictureID) } else { writer.write(UInt8(pictureID & 0x7f)) } }
        if let tl0PictureIndex { writer.write(tl0PictureIndex) }
        if temporalLayerID != nil || keyIndex != nil {
            let layer = (temporalLayerID ?? 0) << 6 | (temporalLayerID != nil && isLayerSync ? 0x20 : 0)
            writer.write(layer | (keyIndex ?? 0) & 0x1f)
        }
    }

    /// The descriptor followed by `data`.
    public func encoded(before data: some Collection<UInt8> = EmptyCollection()) -> [UInt8] {
        var writer = ByteWriter(reserving: encodedSize + data.count)
        write(to: &writer)
        writer.write(data)
        return writer.bytes
    }
}
