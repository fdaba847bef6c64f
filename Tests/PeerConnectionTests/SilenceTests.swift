import PeerConnection
import RTP
import SDP
import Simulation
import Testing
import Wire

/// Sound every 20 ms, of which only each tenth packet is sent: the rest is silence that the other side knows of.
private final class Whisper: VirtualMedia {
    private var next: Instant
    private(set) var packets: [RTPPacket] = []
    private var count = 0

    init(at now: Instant) { next = now }

    var deadline: Instant? { next }

    func due(at now: Instant) -> [(kind: MediaKind, media: EncodedMedia)] {
        next = now + .milliseconds(20)
        defer { count += 1 }
        return count % 10 == 0 ? [(.audio, EncodedMedia(bytes: [0x78, 1, 2], capturedAt: now))] : []
    }

    func handle(_ output: PeerConnection.Output, at now: Instant) {
        if case .audioPacket(let packet, _) = output { packets.append(packet) }
    }
}

@Suite struct SilenceTests {
    @Test func `silence that is not sent takes its time and no numbers`() throws {
        let call = try VirtualCall(seed: 3, link: LinkModel(delay: .milliseconds(10)))
        let media = (0..<2).map { _ in Whisper(at: call.now) }
        (call.caller.media, call.callee.media) = (media[0], media[1])
        try call.connect()
        call.run(atMost: .seconds(5)) { call.caller.peer.state == .connected && call.callee.peer.state == .connected }
        // Each packet is followed by nine frames of silence, told of as they would be captured.
        let id = try #require(call.caller.transceiver(.audio))
        for _ in 0..<300 {
            let before = media[1].packets.count
            call.run(for: .milliseconds(20))
            if media[1].packets.count == before {
                call.caller.peer.handle(.silence(sampleCount: 960, transceiver: id), at: call.now)
                call.drain(call.caller)
            }
        }
        let packets = media[1].packets.dropFirst()
        #expect(packets.count > 20)
        for (packet, following) in zip(packets, packets.dropFirst()) {
            #expect(following.sequenceNumber == packet.sequenceNumber &+ 1)
            #expect(following.timestamp &- packet.timestamp == 9600)
            // RFC 3551 section 4.1: the first packet after a silence is marked.
            #expect(following.marker)
        }
    }
}
