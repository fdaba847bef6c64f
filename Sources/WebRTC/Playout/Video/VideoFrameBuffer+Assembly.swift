import RTP
import Wire

extension VideoFrameBuffer {
    /// What stands at one place of the sequence.
    private enum Place {
        case frame(last: Int64)
        case incomplete
        /// A packet that begins no frame where one must begin.
        case broken
    }

    /// Hands out all that can be decoded now.
    mutating func advance() {
        while advanceInOrder() || advanceOverGap() || advanceToKeyFrame() {}
    }

    private mutating func advanceInOrder() -> Bool {
        let floor = store.floor
        guard !needsKeyFrame, let first = store[floor] else { return false }
        guard let descriptor = first.descriptor else {
            store.advance(to: floor + 1)
            return true
        }
        switch place(floor) {
        case .incomplete: return false
        case .broken:
            // Nothing is missing, so no repair will help.
            needsKeyFrame = true
            requester.want()
            store.advance(to: floor + 1)
        case .frame(let last):
            if first.isKeyFrameStart || references.canDecode(descriptor) {
                handOut(first, last: last, continuity: .next)
            } else {
                statistics.framesReceived += 1
                statistics.framesDropped += 1
                references.leftOut(descriptor)
                store.advance(to: last + 1)
            }
        }
        return true
    }

    /// Looks behind missing packets for a frame that needs nothing of what they held.
    private mutating func advanceOverGap() -> Bool {
        guard !needsKeyFrame else { return false }
        for start in store.frameStarts where start - store.floor <= VP8References.longestGap {
            guard let first = store[start], let descriptor = first.descriptor else { continue }
            let continuity = references.continuity(of: descriptor)
            guard continuity != .none, case .frame(let last) = place(start) else { continue }
            if continuity == .next, !references.canDecode(descriptor) { continue }
            abandon(before: start)
            handOut(first, last: last, continuity: continuity)
            return true
        }
        return false
    }

    /// Goes on with the newest whole key frame, whatever is missing before it.
    private mutating func advanceToKeyFrame() -> Bool {
        for start in store.keyFrameStarts.reversed() {
            guard let first = store[start], case .frame(let last) = place(start) else { continue }
            abandon(before: start)
            handOut(first, last: last, continuity: .next)
            return true
        }
        return false
    }

    private mutating func abandon(before number: Int64) {
        if number > store.floor { outputs.append(.abandoned(before: UInt16(truncatingIfNeeded: number))) }
    }

    private func place(_ start: Int64) -> Place {
        guard let first = store[start] else { return .incomplete }
        guard first.isFrameStart else { return .broken }
        var number = start
        while true {
            guard let packet = store[number] else { return .incomplete }
            if number > start, packet.timestamp != first.timestamp || packet.isFrameStart { return .frame(last: number - 1) }
            if packet.marker { return .frame(last: number) }
            number += 1
        }
    }

    private mutating func handOut(_ first: VideoPacket, last: Int64, continuity: VP8References.Continuity) {
        guard let descriptor = first.descriptor else { return }
        let packets = (first.number...last).compactMap { store[$0] }.filter { $0.descriptor != nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(packets.reduce(0) { $0 + $1.data.count })
        for packet in packets { bytes.append(contentsOf: packet.data) }
        let frame = AssembledFrame(
            bytes: bytes, rtpTimestamp: first.timestamp, isKeyFrame: first.isKeyFrameStart,
            firstSequenceNumber: UInt16(truncatingIfNeeded: first.number), lastSequenceNumber: UInt16(truncatingIfNeeded: last),
            packetCount: packets.count, firstPacketAt: packets.map(\.arrival).min() ?? first.arrival,
            completedAt: packets.map(\.arrival).max() ?? first.arrival)
        references.handedOut(descriptor, isKeyFrame: frame.isKeyFrame, continuity: continuity)
        store.advance(to: last + 1)
        needsKeyFrame = false
        requester.satisfied()
        count(frame)
        outputs.append(.frame(frame))
        if frame.isKeyFrame { lastKeyFrameTimestamp = frame.rtpTimestamp }
    }

    private mutating func count(_ frame: AssembledFrame) {
        statistics.framesReceived += 1
        if frame.isKeyFrame { statistics.keyFramesReceived += 1 }
        if frame.packetCount > 1 {
            statistics.framesAssembledFromMultiplePackets += 1
            statistics.totalAssemblyTime += (frame.completedAt - frame.firstPacketAt).seconds
        }
    }
}
