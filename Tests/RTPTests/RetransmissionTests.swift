import RTP
import Testing
import Wire

@Suite struct NACKTests {
    private typealias Stream = RTPReceiveStreamTests

    @Test func aMissingPacketIsAskedForAfterTheReorderingTolerance() {
        var stream = Stream.video()
        #expect(Stream.feed(&stream, [1, 2, 5]).nacks.isEmpty)
        #expect(stream.deadline == Stream.instant(10))
        stream.handle(.timeout, at: Stream.instant(10))
        #expect(Stream.drain(&stream).nacks == [[3, 4]])
        #expect(stream.statistics.nackCount == 1)
    }

    @Test func aReorderedPacketIsNotAskedFor() {
        var stream = Stream.video()
        Stream.feed(&stream, [1, 2, 4])
        Stream.feed(&stream, [3], at: 9)
        #expect(stream.deadline == nil)
        stream.handle(.timeout, at: Stream.instant(20))
        #expect(Stream.drain(&stream).nacks.isEmpty)
    }

    @Test func requestsAreRepeatedByTheRoundTripAndGivenUp() {
        var stream = Stream.video()
        stream.roundTripTime = .milliseconds(40)
        Stream.feed(&stream, [1, 3])
        var requests: [Int64] = []
        while let deadline = stream.deadline {
            stream.handle(.timeout, at: deadline)
            #expect((stream.deadline ?? deadline + .seconds(1)) > deadline)
            if !Stream.drain(&stream).nacks.isEmpty { requests.append(deadline.nanoseconds / 1_000_000) }
        }
        // From the second on each twice, in case that it gets lost itself.
        #expect(requests == [10, 55, 60, 100, 105, 145, 150, 190, 195, 235, 240, 280, 285, 325, 330, 370, 375, 415])
    }

    @Test func whereMuchGetsLostTheFirstRequestIsSentTwiceToo() {
        var stream = Stream.video()
        stream.roundTripTime = .milliseconds(40)
        func requests(after first: Int) -> [Int64] {
            Stream.feed(&stream, [first, first + 2])
            var times: [Int64] = []
            while times.count < 3, let deadline = stream.deadline {
                stream.handle(.timeout, at: deadline)
                if !Stream.drain(&stream).nacks.isEmpty { times.append(deadline.nanoseconds / 1_000_000) }
            }
            Stream.feed(&stream, [first + 1])
            return times
        }
        #expect(requests(after: 1) == [10, 55, 60])
        // One in ten, until it is known.
        for number in 10..<500 where number % 10 != 0 { Stream.feed(&stream, [number]) }
        Stream.feed(&stream, (10..<500).filter { $0 % 10 == 0 })
        #expect(requests(after: 500) == [10, 15, 55])
        // None any more.
        Stream.feed(&stream, Array(600..<1600))
        #expect(requests(after: 1600) == [10, 55, 60])
    }

    @Test func aSlowPathGivesUpByAge() {
        var stream = Stream.video()
        stream.roundTripTime = .milliseconds(800)
        Stream.feed(&stream, [1, 3])
        var requests = 0
        while let deadline = stream.deadline {
            stream.handle(.timeout, at: deadline)
            if !Stream.drain(&stream).nacks.isEmpty { requests += 1 }
        }
        #expect(requests == 5)
    }

    @Test func audioIsNotAskedFor() {
        var stream = RTPReceiveStream(.init(ssrc: 100, clockRate: 48_000), localSSRC: 9)
        Stream.feed(&stream, [1, 5])
        #expect(stream.deadline == nil)
        stream.handle(.timeout, at: Stream.instant(100))
        #expect(Stream.drain(&stream).nacks.isEmpty)
    }

    @Test func aKeyFrameMakesOlderPacketsNeedless() {
        var stream = Stream.video()
        Stream.feed(&stream, [65530, 65533, 65538])
        stream.abandonMissing(before: 65535)
        stream.handle(.timeout, at: Stream.instant(10))
        #expect(Stream.drain(&stream).nacks == [[65535, 0, 1]])
    }

    @Test func theListIsBoundedAndALeapClearsIt() {
        var stream = Stream.video()
        // The largest gaps that are no leap, one behind the other.
        Stream.feed(&stream, [0, 2999, 5998, 8997])
        stream.handle(.timeout, at: Stream.instant(10))
        let asked = Stream.drain(&stream).nacks.flatMap { $0 }
        #expect(asked.count == 1000)
        #expect(asked.first == 7997)
        // A leap, twice in sequence: the source starts anew.
        Stream.feed(&stream, [40_000, 40_001], at: 20)
        #expect(stream.deadline == nil)
    }

    @Test(arguments: [UInt64](1...5)) func aFloodOfLeapsStaysBounded(seed: UInt64) {
        var random = RandomSource.seeded(seed)
        var stream = Stream.video()
        var number = 0
        for index in 0..<3000 {
            number += random.below(2) == 0 ? 1 : random.below(65536)
            let output = Stream.feed(&stream, [number], at: index)
            #expect(output.nacks.count <= 1)
            #expect((output.nacks.first?.count ?? 0) <= 1000)
            if let deadline = stream.deadline { #expect(deadline > Stream.instant(index)) }
        }
    }
}

@Suite struct RetransmissionTests {
    private typealias Stream = RTPReceiveStreamTests

    @Test func aRetransmissionComesOutAsItsOriginal() {
        var stream = Stream.video()
        Stream.feed(&stream, [0x1233, 0x1235])
        stream.handle(.packet(Stream.retransmission(of: 0x1234, sequenceNumber: 7)), at: Stream.instant(5))
        #expect(stream.nextOutput() == .packet(Stream.packet(0x1234), isRetransmission: true))
        #expect(stream.deadline == nil)
        // The original after all, and the copy again.
        #expect(Stream.feed(&stream, [0x1234]).packets.isEmpty)
        stream.handle(.packet(Stream.retransmission(of: 0x1234, sequenceNumber: 8)), at: Stream.instant(6))
        #expect(stream.nextOutput() == nil)
        #expect(stream.statistics.packetsDuplicated == 2)
    }

    @Test func whatWasRecoveredStaysLostInReports() throws {
        var stream = Stream.video()
        Stream.feed(&stream, [1, 3])
        stream.handle(.packet(Stream.retransmission(of: 2, sequenceNumber: 7)), at: .zero)
        #expect(try Stream.report(&stream, at: .zero).cumulativeLost == 1)
    }

    @Test func oddRetransmissionsAreDropped() {
        var stream = Stream.video()
        // Before the stream itself.
        stream.handle(.packet(Stream.retransmission(of: 2, sequenceNumber: 7)), at: .zero)
        Stream.feed(&stream, [3])
        // Of an unknown payload type, far ahead, of another source, and mere padding.
        stream.handle(.packet(Stream.retransmission(of: 4, sequenceNumber: 8, payloadType: 99)), at: .zero)
        stream.handle(.packet(Stream.retransmission(of: 20_000, sequenceNumber: 9)), at: .zero)
        stream.handle(.packet(RTPPacket(payloadType: 97, sequenceNumber: 10, timestamp: 0, ssrc: 555, payload: [0, 4, 1])), at: .zero)
        stream.handle(.packet(RTPPacket(payloadType: 97, sequenceNumber: 11, timestamp: 0, ssrc: 101, paddingLength: 200)), at: .zero)
        #expect(Stream.drain(&stream).packets.isEmpty)
        #expect(stream.statistics.packetsDiscarded == 3)
        #expect(Stream.feed(&stream, [4]).packets == [4])
    }

    /// A lossy, reordering path in virtual time: every packet must come out once, and none twice.
    @Test(arguments: [
        (seed: 1 as UInt64, loss: 0.02, retransmission: true), (2, 0.1, true), (3, 0.3, true), (4, 0.1, false), (5, 0.3, false),
        (6, 0.3, true), (7, 0.2, true), (8, 0.2, false),
    ])
    func allLossesAreRecovered(seed: UInt64, loss: Double, retransmission: Bool) throws {
        var path = LossyPath(seed: seed, loss: loss, retransmission: retransmission)
        let sent = path.run(frames: 250)
        #expect(sent.count > 1000)
        #expect(path.arrived.count == Set(path.arrived).count)
        #expect(Set(path.arrived) == Set(sent))
        #expect(path.receiver.statistics.nackCount > 0)
        #expect(path.sender.statistics.retransmittedPacketsSent >= path.lost)
        // Not much more is sent again than was lost: the losses of the copies, and what reordering made look lost.
        #expect(Double(path.sender.statistics.retransmittedPacketsSent) < Double(path.lost) * 1.6 + 200)
    }
}

/// A sender and a receiver with a path between them that loses packets and holds some back.
private struct LossyPath {
    private enum Event {
        case packet(RTPPacket)
        case feedback([UInt8])
    }

    var sender: RTPSendStream
    var receiver: RTPReceiveStream
    /// Sequence numbers, in order of arrival.
    var arrived: [UInt16] = []
    var lost = 0
    private var random: RandomSource
    private let loss: Double
    private var events: [(at: Instant, event: Event)] = []

    init(seed: UInt64, loss: Double, retransmission: Bool) {
        sender = RTPSendStreamTests.video(retransmission: retransmission, seed: seed)
        receiver = RTPReceiveStreamTests.video()
        receiver.roundTripTime = .milliseconds(60)
        random = .seeded(seed)
        self.loss = loss
    }

    /// Returns the sequence numbers of all that was sent.
    mutating func run(frames: Int) -> [UInt16] {
        var sent: [UInt16] = []
        var frame = 0
        var nextFrame: Instant? = .zero
        // The first packet starts the source, and a last one shows whether those before it are missing.
        while let now = earliest(nextFrame, events.first?.at, receiver.deadline, sender.deadline) {
            if nextFrame == now {
                let isEdge = frame == 0 || frame == frames
                let size = isEdge ? 10 : 1 + random.below(9000)
                for packet in sender.packetize([UInt8](repeating: 1, count: size), capturedAt: now) {
                    sent.append(packet.sequenceNumber)
                    transmit(packet, isReliable: isEdge, at: now)
                }
                frame += 1
                nextFrame = frame > frames ? nil : now + .milliseconds(33)
            }
            while let first = events.first, first.at <= now {
                events.removeFirst()
                switch first.event {
                case .packet(let packet): receiver.handle(.packet(packet), at: now)
                case .feedback(let bytes):
                    for packet in RTCPCompound(parsing: bytes).packets { sender.handle(.rtcp(packet), at: now) }
                }
            }
            receiver.handle(.timeout, at: now)
            sender.handle(.timeout, at: now)
            while let output = receiver.nextOutput() {
                switch output {
                case .packet(let packet, _): arrived.append(packet.sequenceNumber)
                case .feedback(let packet): schedule(.feedback(packet.encoded()), at: now + .milliseconds(30))
                }
            }
            while let output = sender.nextOutput() {
                if case .retransmit(let packet) = output { transmit(packet, isReliable: false, at: now) }
            }
        }
        return sent
    }

    private mutating func transmit(_ packet: RTPPacket, isReliable: Bool, at now: Instant) {
        let bytes = sender.encode(packet, transportSequenceNumber: 1, sentAt: now)
        if !isReliable, Double.random(in: 0..<1, using: &random) < loss {
            lost += 1
            return
        }
        guard let read = try? RTPPacket(parsing: bytes) else { return }
        let delay = random.below(20) == 0 ? 30 + random.below(25) : 30
        schedule(.packet(read), at: now + .milliseconds(delay))
    }

    private mutating func schedule(_ event: Event, at instant: Instant) {
        let index = events.firstIndex { $0.at > instant } ?? events.endIndex
        events.insert((instant, event), at: index)
    }
}
