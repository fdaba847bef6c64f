import RTP
import Wire

/// One packet of a video stream.
struct VideoPacket {
    /// The sequence number, unwrapped.
    var number: Int64
    var timestamp: UInt32
    var marker: Bool
    var arrival: Instant
    /// `nil` for a packet of padding alone, which only fills a place in the sequence.
    var descriptor: VP8PayloadDescriptor?
    var data: ArraySlice<UInt8>
    var isKeyFrameStart: Bool

    var isFrameStart: Bool { descriptor?.isStartOfFrame ?? false }
}

/// The packets from the first that is still needed on, each in its place.
struct VideoPacketStore {
    /// 1024 packets: over two seconds at 4 Mbit/s. A longer gap is past repair.
    static let capacity: Int64 = 1024
    /// 10 MB, for packets larger than the usual 1200 bytes.
    static let byteLimit = 10_000_000

    private var slots = [VideoPacket?](repeating: nil, count: Int(capacity))
    private(set) var byteCount = 0
    /// The first number that may be stored.
    private(set) var floor: Int64
    /// The greatest number stored since the store was made.
    private(set) var newest: Int64
    /// The numbers of the packets that begin a frame, and those of them that begin a key frame, in order.
    private(set) var frameStarts: [Int64] = []
    private(set) var keyFrameStarts: [Int64] = []

    init(floor: Int64) {
        self.floor = floor
        newest = floor - 1
    }

    subscript(number: Int64) -> VideoPacket? {
        guard number >= floor, number <= newest else { return nil }
        return slots[Self.slot(number)]
    }

    /// Stores a packet that lies within `floor..<(floor + capacity)`; `false` if it is there already.
    mutating func insert(_ packet: VideoPacket) -> Bool {
        let slot = Self.slot(packet.number)
        guard slots[slot] == nil else { return false }
        slots[slot] = packet
        byteCount += packet.data.count
        newest = max(newest, packet.number)
        if packet.isFrameStart { Self.insert(packet.number, into: &frameStarts) }
        if packet.isKeyFrameStart { Self.insert(packet.number, into: &keyFrameStarts) }
        return true
    }

    /// Drops all packets before `number`.
    mutating func advance(to number: Int64) {
        guard number > floor else { return }
        for old in floor..<min(number, newest + 1) {
            let slot = Self.slot(old)
            byteCount -= slots[slot]?.data.count ?? 0
            slots[slot] = nil
        }
        frameStarts.removeFirst(frameStarts.prefix { $0 < number }.count)
        keyFrameStarts.removeFirst(keyFrameStarts.prefix { $0 < number }.count)
        floor = number
        newest = max(newest, number - 1)
    }

    /// The first packet stored at or after `number`.
    func first(from number: Int64) -> VideoPacket? {
        var number = max(number, floor)
        while number <= newest {
            if let packet = slots[Self.slot(number)] { return packet }
            number += 1
        }
        return nil
    }

    private static func slot(_ number: Int64) -> Int {
        Int(number & (capacity - 1))
    }

    private static func insert(_ number: Int64, into numbers: inout [Int64]) {
        var index = numbers.count
        while index > 0, numbers[index - 1] > number { index -= 1 }
        numbers.insert(number, at: index)
    }
}
