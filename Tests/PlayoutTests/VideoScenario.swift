import Playout
import RTP
import Wire

/// A sender of VP8 frames, a network that loses, delays and repairs, and the frame buffer, in virtual time.
struct VideoScenario {
    struct Conditions {
        var loss = 0.0
        /// The part of the lost packets that a retransmission brings.
        var repaired = 1.0
        var roundTrip = 60.0
        /// Packets take up to so many milliseconds more.
        var jitter = 0.0
        var duplication = 0.0
        var packetsPerFrame = 1...6
        var marksFrames = true
        var hasPictureIDs = true
        /// Padding packets after a frame.
        var padding = 0
        /// Of the padding, the part that is lost for good.
        var paddingLoss = 0.0
        /// Temporal layers of the pattern 0, or 0 1, or 0 2 1 2.
        var layers = 1
        var answersRequests = true
        var startsWithKeyFrame = true
    }

    private enum Event {
        case arrival(RTPPacket)
        case request
    }

    var conditions: Conditions
    var buffer = VideoFrameBuffer()
    var random: RandomSource
    private(set) var now = 0.0
    /// The indices of the frames handed out, with the time.
    private(set) var emitted: [(index: Int, at: Double, isKey: Bool)] = []
    private var emittedIndices: Set<Int> = []
    private(set) var requests: [Double] = []
    private(set) var sentFrames = 0
    /// Frame by frame, the frames that it refers to; none for key frames.
    private(set) var references: [Set<Int>] = []
    private(set) var problems: [String] = []
    private var events: [(at: Double, order: Int, event: Event)] = []
    private var order = 0
    private var sequence: UInt16
    private var pictureID: UInt16 = 0x7ff0
    private var tl0: UInt8 = 250
    private var phase = 0
    private var keyWanted: Bool
    private var lastKey = -1000.0
    private var lastOfLayer: [Int] = [0, 0, 0]

    init(_ conditions: Conditions, seed: UInt64, firstSequenceNumber: UInt16 = 65_400) {
        self.conditions = conditions
        random = .seeded(seed)
        sequence = firstSequenceNumber
        keyWanted = conditions.startsWithKeyFrame
        buffer.handle(.roundTripTime(.milliseconds(Int(conditions.roundTrip))), at: .zero)
    }

    /// Runs for so many milliseconds more, with a frame each 33.
    mutating func run(milliseconds: Double) {
        let end = now + milliseconds
        while true {
            let frameAt = Double(sentFrames) * 33
            let eventAt = events.first?.at ?? .infinity
            let deadline = buffer.deadline.map { Double($0.nanoseconds) / 1e6 } ?? .infinity
            let next = min(frameAt, eventAt, deadline)
            guard next < end else { break }
            now = max(now, next)
            if next == frameAt {
                sendFrame()
            } else if next == eventAt {
                switch events.removeFirst().event {
                case .arrival(let packet): handle(.packet(packet))
                case .request: if conditions.answersRequests { keyWanted = true }
                }
            } else {
                handle(.timeout)
            }
        }
        now = end
    }

    mutating func handle(_ input: VideoFrameBuffer.Input) {
        let instant = Instant(nanoseconds: Int64(now * 1e6) + 1)
        buffer.handle(input, at: instant)
        while let output = buffer.nextOutput() {
            switch output {
            case .frame(let frame): take(frame)
            case .keyFrameRequest:
                requests.append(now)
                schedule(.request, at: now + conditions.roundTrip / 2)
            case .abandoned: break
            }
        }
        if let deadline = buffer.deadline, deadline <= instant { problems.append("deadline \(deadline) at \(instant)") }
    }

    private mutating func take(_ frame: AssembledFrame) {
        guard frame.bytes.count >= 9 else { return problems.append("short frame") }
        let index = frame.bytes[1..<5].reduce(0) { $0 << 8 | Int($1) }
        let count = Int(frame.bytes[5])
        // Every packet of the frame carries its place, so nothing can be missing, foreign or out of order.
        var expected = [UInt8](frame.bytes[..<6])
        for place in 0..<count { expected += [UInt8(place), UInt8(truncatingIfNeeded: index), 0x5a] }
        if frame.bytes != expected { problems.append("frame \(index) is broken") }
        if let last = emitted.last, last.index >= index { problems.append("frame \(index) after \(last.index)") }
        if references.indices.contains(index) {
            if frame.isKeyFrame != references[index].isEmpty { problems.append("frame \(index) is wrongly marked") }
            let missing = references[index].filter { !emittedIndices.contains($0) }
            if !missing.isEmpty { problems.append("frame \(index) without \(missing)") }
        } else {
            problems.append("frame \(index) was never sent")
        }
        if Int(frame.packetCount) != count { problems.append("frame \(index) of \(frame.packetCount) packets") }
        emitted.append((index, now, frame.isKeyFrame))
        emittedIndices.insert(index)
    }

    private mutating func schedule(_ event: Event, at time: Double) {
        order += 1
        let place = events.firstIndex { $0.at > time } ?? events.count
        events.insert((time, order, event), at: place)
    }

    private mutating func sendFrame() {
        let index = sentFrames
        sentFrames += 1
        let isKey = keyWanted && now - lastKey > 300
        if isKey {
            keyWanted = false
            lastKey = now
            phase = 0
        }
        let layer = conditions.layers == 1 ? 0 : conditions.layers == 2 ? [0, 1][phase % 2] : [0, 2, 1, 2][phase % 4]
        // Now and then the frames of upper layers refer to layer 0 alone.
        let isSync = conditions.layers > 1 && layer > 0 && phase % 16 < 4 && (layer == 1 || phase % 4 == 1)
        phase += 1
        if isKey {
            references.append([])
            lastOfLayer = [index, index, index]
        } else {
            references.append(index == 0 ? [-1] : isSync ? [lastOfLayer[0]] : Set(lastOfLayer[0...layer]))
            lastOfLayer[layer] = index
        }
        if layer == 0 { tl0 &+= 1 }
        let count = Int(
            random.uniform(Double(conditions.packetsPerFrame.lowerBound)...Double(conditions.packetsPerFrame.upperBound)).rounded())
        let head: [UInt8] = [isKey ? 0 : 1] + (0..<4).map { UInt8(truncatingIfNeeded: index >> (24 - 8 * $0)) } + [UInt8(count)]
        for place in 0..<count {
            let descriptor = VP8PayloadDescriptor(
                isStartOfPartition: place == 0, pictureID: conditions.hasPictureIDs ? pictureID : nil,
                tl0PictureIndex: conditions.layers > 1 ? tl0 : nil, temporalLayerID: conditions.layers > 1 ? UInt8(layer) : nil,
                isLayerSync: isSync)
            let data = (place == 0 ? head : []) + [UInt8(place), UInt8(truncatingIfNeeded: index), 0x5a]
            send(
                descriptor.encoded(before: data), marker: place == count - 1 && conditions.marksFrames, index: index, loss: conditions.loss)
        }
        for _ in 0..<conditions.padding { send([], marker: false, index: index, loss: conditions.paddingLoss, canRepair: false) }
        pictureID = (pictureID + 1) & 0x7fff
    }

    private mutating func send(_ payload: [UInt8], marker: Bool, index: Int, loss: Double, canRepair: Bool = true) {
        let packet = RTPPacket(
            payloadType: 96, sequenceNumber: sequence, timestamp: 0xffff_0000 &+ UInt32(truncatingIfNeeded: index * 2970), ssrc: 5,
            marker: marker, payload: payload)
        sequence &+= 1
        let arrival = now + conditions.roundTrip / 2 + random.uniform(0...max(0.001, conditions.jitter))
        if random.uniform(0...1) < loss {
            if canRepair, random.uniform(0...1) < conditions.repaired {
                schedule(.arrival(packet), at: arrival + conditions.roundTrip + 10)
            }
            return
        }
        schedule(.arrival(packet), at: arrival)
        if random.uniform(0...1) < conditions.duplication { schedule(.arrival(packet), at: arrival + 20) }
    }
}
