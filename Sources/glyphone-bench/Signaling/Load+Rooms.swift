import NIOCore
import SignalingProtocol

extension Load {
    struct Storm {
        /// CPU of the server until everybody knew everybody, in seconds.
        var processorTime: Double
        var cutOff: Int
        /// CPU of the server for telling one peer of another's new status, in microseconds.
        var delivery: Double
    }

    /// `count` peers connect and join one room at once; then some change their status, of which all others are told.
    func storm(of contender: Contender, count: Int, seconds: Double) async throws -> Storm {
        let before = contender.processorTime
        let peers = (0..<count).map { open(Join(name: "peer \($0)", room: "storm", client: "bench/1.0"), at: contender.url).peer }
        try await wait("the storm to pass", upTo: 30) {
            let present = peers.count { $0.isJoined && !$0.isClosed }
            return peers.allSatisfy { $0.isClosed || $0.isJoined && $0.othersAtJoin + $0.count(.peerJoined) >= present - 1 }
        }
        // Timers and closings that are still under way.
        try await Task.sleep(for: .milliseconds(300))
        let storm = contender.processorTime - before
        let present = peers.filter { !$0.isClosed }

        func delivered() -> Int { present.reduce(0) { $0 + $1.count(.peerUpdated) } }
        let start = (processor: contender.processorTime, delivered: delivered())
        let changes = Int(20 * seconds)
        for index in 0..<changes {
            present[index % present.count].send(.status(index / present.count % 2 == 0 ? .away : .available))
            try await Task.sleep(for: .milliseconds(50))
        }
        try await wait("presence to be told") { delivered() - start.delivered >= changes * (present.count - 1) }
        let delivery = (contender.processorTime - start.processor) / Double(delivered() - start.delivered)
        try await close(peers)
        return Storm(processorTime: storm, cutOff: count - present.count, delivery: delivery * 1e6)
    }

    /// Memory of the server for each of `count` peers that do nothing, in bytes.
    func idle(of contender: Contender, count: Int, upTo limit: Int?) async throws -> (each: Double, joined: Int, total: Double) {
        // What the first clients make it allocate once.
        try await close(try await joinRooms(0..<50, at: contender.url))
        try await Task.sleep(for: .seconds(1))
        let before = contender.residentBytes
        var peers = try await joinRooms(100..<(100 + count), at: contender.url)
        try await Task.sleep(for: .seconds(2))
        let each = (contender.residentBytes - before) / Double(count)
        if let limit { peers += try await joinRooms((100 + count)..<(100 + limit), at: contender.url) }
        try await Task.sleep(for: .seconds(1))
        let joined = peers.count { $0.isJoined && !$0.isClosed }
        let total = contender.residentBytes
        try await close(peers)
        return (each, joined, total)
    }

    /// In rooms of ten.
    private func joinRooms(_ numbers: Range<Int>, at url: String) async throws -> [LoadPeer] {
        try await join(numbers.map { Join(name: "peer \($0)", room: "room \($0 / 10)", client: "bench/1.0") }, at: url)
    }
}
