import NIOCore
import SignalingProtocol

extension Load {
    struct SlowReaders {
        /// The most that the server's memory grew by, for each reader, in bytes.
        var growth: Double
        /// What is left of that once the server has forgotten the readers.
        var rest: Double
        /// How many were cut off.
        var closed: Int
        /// Messages of others that did not come.
        var lost: Int
    }

    /// `count` peers stop reading while each is sent 600 KB/s by two others; beside them, pairs that do read go on.
    func slowReaders(of contender: Contender, count: Int, seconds: Double) async throws -> SlowReaders {
        let rooms = try await join(
            (0..<count).flatMap { room in ["slow", "one", "other"].map { Join(name: $0, room: "slow \(room)") } }, at: contender.url)
        let slow = (0..<count).map { rooms[3 * $0] }
        for index in 0..<count {
            for feeder in 1...2 { slow[index].signal(.offer(sdp: "v=0"), call: "call\(feeder)", to: rooms[3 * index + feeder]) }
        }
        try await wait("the offers") {
            (0..<count).allSatisfy { rooms[3 * $0 + 1].count(.otherSignal) + rooms[3 * $0 + 2].count(.otherSignal) == 2 }
        }
        let healthy = try await pairs(20, at: contender.url)
        for peer in slow { try await peer.channel?.setOption(.autoRead, value: false).get() }

        // 10 KB, 30 times a second, from each of two.
        let text = String(repeating: "x", count: 9_800)
        let frames = slow.map { peer in
            (1...2).map { feeder in
                let signal = CallSignal(call: "call\(feeder)", body: .candidate(Candidate(candidate: text)))
                return LoadPeer.frame(ClientMessage.signal(to: peer.id, signal).json())
            }
        }
        var templates = healthy.indices.map { CandidateTemplate(call: "call\($0 / 2)", to: healthy[$0 ^ 1].id, binding) }
        let before = contender.residentBytes
        var most = before
        let began = Self.now
        var ticks = 0
        while Self.now < began + seconds {
            while Double(ticks) < (Self.now - began) * 30 {
                for index in slow.indices { for feeder in 1...2 { rooms[3 * index + feeder].send(frames[index][feeder - 1]) } }
                for index in healthy.indices { healthy[index].send(templates[index].frame()) }
                ticks += 1
            }
            most = max(most, contender.residentBytes)
            try await Task.sleep(for: .milliseconds(10))
        }
        try await wait("the others' messages", upTo: 10) {
            healthy.allSatisfy { $0.count(.candidate) == ticks } || Self.now > began + seconds + 5
        }
        let lost = healthy.reduce(0) { $0 + ticks - $1.count(.candidate) }
        most = max(most, contender.residentBytes)
        for peer in slow { try? await peer.channel?.setOption(.autoRead, value: true).get() }
        try await Task.sleep(for: .seconds(2))
        let closed = slow.count { $0.isClosed }
        try await close(rooms + healthy)
        // Peers whose connection is lost are kept for 30 s, and memory is given back 10 s after that.
        try await Task.sleep(for: .seconds(43))
        return SlowReaders(
            growth: (most - before) / Double(count), rest: (contender.residentBytes - before) / Double(count), closed: closed, lost: lost)
    }
}
