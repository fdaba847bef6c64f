import Wire

/// Cuts VP8 frames into RTP payloads (RFC 7741 section 4).
///
/// Every payload carries a 15-bit picture id, so that a receiver can tell a lost frame from a lost packet.
public struct VP8Packetizer: Sendable {
    /// The id that the next frame will carry, 0...32767.
    public private(set) var nextPictureID: UInt16

    public init(random: inout RandomSource) { nextPictureID = UInt16(truncatingIfNeeded: random.next()) & 0x7fff }

    /// The payloads of one encoded frame, of nearly equal sizes; none for an empty frame.
    ///
    /// Equal sizes, since a small last packet would cost as much overhead as a full one and a receiver's delay estimate
    /// dislikes packets of a burst that differ in size.
    /// - Parameters:
    ///   - maximumSize: the greatest payload including the descriptor; taken as at least 16.
    ///   - isNonReference: no later frame refers to this one.
    public mutating func packetize(_ frame: [UInt8], maximumSize: Int, isNonReference: Bool = false) -> [[UInt8]] {
        if frame.isEmpty { return [] }
        var descriptor = VP8PayloadDescriptor(isStartOfPartition: true, isNonReference: isNonReference, pictureID: nextPictureID)
        nextPictureID = (nextPictureID &+ 1) & 0x7fff
        let room = max(16, maximumSize) - descriptor.encodedSize
        let count = (frame.count + room - 1) / room
        let (base, extra) = frame.count.quotientAndRemainder(dividingBy: count)
        var payloads: [[UInt8]] = []
        payloads.reserveCapacity(count)
        var offset = 0
        for index in 0..<count {
            let size = base + (index < extra ? 1 : 0)
            payloads.append(descriptor.encoded(before: frame[offset..<(offset + size)]))
            descriptor.isStartOfPartition = false
            offset += size
        }
        return payloads
    }
}
