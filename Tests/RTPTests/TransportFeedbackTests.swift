import RTP
import Testing
import Wire

/// The packets are those of pion/rtcp's tests.
@Suite struct TransportFeedbackTests {
    struct Example: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var bytes: [UInt8]
        var feedback: TransportFeedback
        /// Whether our writer chooses the same chunks.
        var isWrittenTheSame = true
    }

    static let examples = [
        Example(
            testDescription: "one packet",
            bytes: [
                0xaf, 0xcd, 0x0, 0x5, 0xfa, 0x17, 0xfa, 0x17, 0x43, 0x3, 0x2f, 0xa0, 0x0, 0x99, 0x0, 0x1, 0x3d, 0xe8, 0x2, 0x17, 0x20, 0x1,
                0x94, 0x1,
            ],
            feedback: TransportFeedback(
                senderSSRC: 4_195_875_351, mediaSSRC: 1_124_282_272, baseSequenceNumber: 153, referenceTime: 4_057_090,
                feedbackPacketCount: 23, deltas: [148])),
        Example(
            testDescription: "runs of large and of small deltas",
            bytes: [
                0x8f, 0xcd, 0x0, 0x7, 0xfa, 0x17, 0xfa, 0x17, 0x19, 0x3d, 0xd8, 0xbb, 0x1, 0x74, 0x0, 0x6, 0x45, 0xb1, 0x5a, 0x40, 0x40,
                0x2, 0x20, 0x04, 0x1f, 0xfe, 0x1f, 0x9a, 0xd0, 0x0, 0xd0, 0x0,
            ],
            feedback: TransportFeedback(
                senderSSRC: 4_195_875_351, mediaSSRC: 423_483_579, baseSequenceNumber: 372, referenceTime: 4_567_386,
                feedbackPacketCount: 64, deltas: [8190, 8090, 208, 0, 208, 0]), isWrittenTheSame: false),
        Example(
            testDescription: "a run of small deltas",
            bytes: [
                0xaf, 0xcd, 0x0, 0x7, 0xfa, 0x17, 0xfa, 0x17, 0x19, 0x3d, 0xd8, 0xbb, 0x0, 0x4, 0x0, 0x7, 0x10, 0x63, 0x6e, 0x1, 0x20, 0x7,
                0x4c, 0x24, 0x24, 0x10, 0xc, 0xc, 0x10, 0x0, 0x0, 0x3,
            ],
            feedback: TransportFeedback(
                senderSSRC: 4_195_875_351, mediaSSRC: 423_483_579, baseSequenceNumber: 4, referenceTime: 1_074_030, feedbackPacketCount: 1,
                deltas: [76, 36, 36, 16, 12, 12, 16])),
        Example(
            testDescription: "a vector of one-bit symbols",
            bytes: [
                0xaf, 0xcd, 0x0, 0x6, 0xfa, 0x17, 0xfa, 0x17, 0x19, 0x3d, 0xd8, 0xbb, 0x0, 0x1, 0x0, 0xe, 0x10, 0x63, 0x6d, 0x0, 0xba, 0x0,
                0x10, 0xc, 0xc, 0x10, 0x0, 0x2,
            ],
            feedback: TransportFeedback(
                senderSSRC: 4_195_875_351, mediaSSRC: 423_483_579, baseSequenceNumber: 1, referenceTime: 1_074_029, feedbackPacketCount: 0,
                deltas: [16, 12, 12, nil, 16] + Array(repeating: nil, count: 9))),
        Example(
            testDescription: "a vector of two-bit symbols, and a run that goes beyond the count",
            bytes: [
                0xaf, 0xcd, 0x0, 0x7, 0x9b, 0x74, 0xf6, 0x1f, 0x93, 0x71, 0xdc, 0xbc, 0x85, 0x3c, 0x0, 0x9, 0x63, 0xf9, 0x16, 0xb3, 0xd5,
                0x52, 0x0, 0x30, 0x9b, 0xaa, 0x6a, 0xaa, 0x7b, 0x1, 0x9, 0x1,
            ],
            feedback: TransportFeedback(
                senderSSRC: 2_608_133_663, mediaSSRC: 2_473_712_828, baseSequenceNumber: 34108, referenceTime: 6_551_830,
                feedbackPacketCount: 179, deltas: [155, 170, 106, 170, 123, nil, 265, nil, nil]), isWrittenTheSame: false),
        Example(
            testDescription: "no packets",
            bytes: [0x8f, 0xcd, 0x0, 0x4, 0x9a, 0xcb, 0x4, 0x42] + [UInt8](repeating: 0, count: 12),
            feedback: TransportFeedback(
                senderSSRC: 2_596_996_162, mediaSSRC: 0, baseSequenceNumber: 0, referenceTime: 0, feedbackPacketCount: 0, deltas: [])),
        Example(
            testDescription: "twelve one-bit symbols with losses",
            bytes: [
                0xaf, 0xcd, 0x0, 0x7, 0xfa, 0x17, 0xfa, 0x17, 0x43, 0x3, 0x2f, 0xa0, 0x9c, 0x14, 0x0, 0xc, 0x75, 0x84, 0x20, 0x0, 0xbe,
                0xc0, 0xc1, 0x3f, 0x3b, 0x3f, 0x53, 0x90, 0x3b, 0x0, 0x0, 0x3,
            ],
            feedback: TransportFeedback(
                senderSSRC: 4_195_875_351, mediaSSRC: 1_124_282_272, baseSequenceNumber: 39956, referenceTime: 7_701_536,
                feedbackPacketCount: 0, deltas: [193, 63, 59, 63, 83, nil, 144, 59, nil, nil, nil, nil])),
    ]

    @Test(arguments: examples) func readsAndWrites(_ example: Example) {
        let compound = RTCPCompound(parsing: example.bytes)
        #expect(compound.packets == [.transportFeedback(example.feedback)])
        #expect(compound.error == nil)
        if example.isWrittenTheSame { #expect(RTCPPacket.transportFeedback(example.feedback).encoded() == example.bytes) }
    }

    @Test func sequenceNumbersWrap() {
        let feedback = TransportFeedback(
            senderSSRC: 1, mediaSSRC: 2, baseSequenceNumber: 65534, referenceTime: 3, feedbackPacketCount: 4,
            deltas: [1, nil, -40, 100_000])
        #expect(feedback.packets.map(\.sequenceNumber) == [65534, 65535, 0, 1])
        #expect(feedback.packets.map(\.delta) == [1, nil, -40, 32767])
        #expect(RTCPCompound(parsing: RTCPPacket.transportFeedback(feedback).encoded()).packets == [.transportFeedback(feedback)])
    }

    /// Two bytes of a chunk stand for 8191 lost packets.
    @Test func longRunsAreShort() {
        let feedback = TransportFeedback(
            senderSSRC: 1, mediaSSRC: 2, baseSequenceNumber: 0, referenceTime: 0, feedbackPacketCount: 0,
            deltas: Array(repeating: nil, count: 10_000))
        #expect(feedback.packets.count == 8192)
        #expect(RTCPPacket.transportFeedback(feedback).encoded().count == 24)
    }

    @Test(arguments: [
        ("deltas that are missing", [0x0, 0x99, 0x0, 0x3, 0x3d, 0xe8, 0x2, 0x17, 0x20, 0x3, 0x94, 0x1] as [UInt8]),
        ("large deltas that are missing", [0x0, 0x99, 0x0, 0x2, 0x3d, 0xe8, 0x2, 0x17, 0x40, 0x2, 0x94, 0x1]),
        ("the reserved symbol", [0x0, 0x99, 0x0, 0x2, 0x3d, 0xe8, 0x2, 0x17, 0xf0, 0x0, 0x94, 0x1]),
        ("an empty run", [0x0, 0x99, 0x0, 0x2, 0x3d, 0xe8, 0x2, 0x17, 0x20, 0x0, 0x94, 0x1]),
        ("chunks that are missing", [0x0, 0x99, 0x0, 0xff, 0x3d, 0xe8, 0x2, 0x17, 0x80, 0x0, 0x80, 0x0]),
    ])
    func refuses(what: String, rest: [UInt8]) {
        let compound = RTCPCompound(parsing: [0x8f, 0xcd, 0x0, 0x5, 0xfa, 0x17, 0xfa, 0x17, 0x43, 0x3, 0x2f, 0xa0] + rest)
        #expect(compound.packets.isEmpty, "\(what)")
        #expect(compound.error != nil, "\(what)")
    }

    /// Complete, but each of its chunks stands for more packets than any call sends in a second.
    @Test func refusesMorePacketsThanAnybodySends() {
        let chunks: [UInt8] = Array([[UInt8]](repeating: [0x1f, 0xff], count: 8).joined()) + [0x00, 0x07]
        let head: [UInt8] = [0x8f, 0xcd, 0x0, 0x9, 0, 0, 0, 1, 0, 0, 0, 2, 0x0, 0x99, 0xff, 0xff, 0x3d, 0xe8, 0x2, 0x17]
        let compound = RTCPCompound(parsing: head + chunks + [0, 0])
        #expect(compound.packets.isEmpty)
        #expect(compound.error == .malformed("transport feedback on 65535 packets, more than 8192"))
    }
}
