import RTP

/// Knows from the payload descriptors of what was handed out which frame can follow although packets before it are missing
/// (RFC 7741 section 4.2).
struct VP8References {
    /// Picture ids of seven bits come again after 128 frames, and so after at least as many packets.
    static let longestGap: Int64 = 64

    private var pictureID: UInt16?
    private var maximumPictureID: UInt16 = 0
    private var tl0PictureIndex: UInt8?
    /// Frames of layers above may refer to one that was left out.
    private var usableLayer: UInt8 = 3

    enum Continuity {
        /// No frame lies between: what is missing was padding.
        case next
        /// Frames of upper layers lie between, to which this one does not refer.
        case skipsUpperLayers
        case none
    }

    /// How a frame relates to the one that was handed out last, when packets between them are missing.
    func continuity(of descriptor: VP8PayloadDescriptor) -> Continuity {
        if let pictureID, let next = descriptor.pictureID, descriptor.maximumPictureID == maximumPictureID {
            if next == (pictureID == maximumPictureID ? 0 : pictureID + 1) { return .next }
        }
        guard let layer = descriptor.temporalLayerID, let index = descriptor.tl0PictureIndex, let tl0PictureIndex else { return .none }
        if layer == 0 { return index == tl0PictureIndex &+ 1 ? .skipsUpperLayers : .none }
        return descriptor.isLayerSync && index == tl0PictureIndex ? .skipsUpperLayers : .none
    }

    /// Whether all that a frame refers to was handed out, if nothing is missing before it.
    func canDecode(_ descriptor: VP8PayloadDescriptor) -> Bool {
        guard let layer = descriptor.temporalLayerID, layer > usableLayer else { return true }
        return descriptor.isLayerSync && descriptor.tl0PictureIndex == tl0PictureIndex
    }

    mutating func handedOut(_ descriptor: VP8PayloadDescriptor, isKeyFrame: Bool, continuity: Continuity) {
        pictureID = descriptor.pictureID
        maximumPictureID = descriptor.maximumPictureID
        if isKeyFrame {
            usableLayer = 3
        } else if continuity == .skipsUpperLayers {
            usableLayer = 0
        }
        let layer = descriptor.temporalLayerID ?? 0
        if layer == 0 { tl0PictureIndex = descriptor.tl0PictureIndex }
        if descriptor.isLayerSync, layer == usableLayer + 1 { usableLayer = layer }
    }

    /// A frame of an upper layer was left out.
    mutating func leftOut(_ descriptor: VP8PayloadDescriptor) {
        pictureID = descriptor.pictureID
        maximumPictureID = descriptor.maximumPictureID
    }
}
