import NIOCore

extension Load {
    /// CPU of the server for each message that it relays while it has more to do than it can: each of `pairs` pairs answers
    /// every message with another.
    ///
    /// - Returns: microseconds, and the messages a second.
    func saturation(of contender: Contender, pairs: Int, seconds: Double) async throws -> (cost: Double, rate: Double) {
        let peers = try await self.pairs(pairs, at: contender.url)
        var relayed = 0
        for index in peers.indices {
            var template = CandidateTemplate(call: "call\(index / 2)", to: peers[index ^ 1].id, binding)
            let frame = template.frame()
            peers[index].onText = { peer, kind, _ in
                guard kind == .candidate else { return }
                relayed += 1
                peer.send(frame)
            }
            if index % 2 == 0 { peers[index].send(frame) }
        }
        try await Task.sleep(for: .seconds(1))
        let start = (time: Self.now, processor: contender.processorTime, relayed: relayed)
        try await Task.sleep(for: .seconds(seconds))
        let (time, processor, count) = (Self.now, contender.processorTime, relayed)
        try check(peers)
        try await close(peers)
        let messages = Double(count - start.relayed)
        return ((processor - start.processor) / messages * 1e6, messages / (time - start.time))
    }

    /// CPU of the server for each message, and how long messages take, at a steady `rate` a second.
    ///
    /// - Returns: microseconds each.
    func steady(of contender: Contender, pairs: Int, rate: Double, seconds: Double) async throws -> (cost: Double, p50: Double, p99: Double)
    {
        let peers = try await self.pairs(pairs, at: contender.url)
        var latencies: [Double] = []
        latencies.reserveCapacity(Int(rate * seconds) + 1_000)
        for peer in peers {
            peer.onText = { _, kind, text in
                guard kind == .candidate, let sent = CandidateTemplate.nanoseconds(in: text) else { return }
                latencies.append(Double(Self.monotonicNanoseconds - sent) / 1e3)
            }
        }
        var templates = peers.indices.map { CandidateTemplate(call: "call\($0 / 2)", to: peers[$0 ^ 1].id, binding) }
        let began = Self.now
        var sent = 0
        var start = (processor: 0.0, count: 0)
        while Self.now < began + 1 + seconds {
            if start.processor == 0, Self.now >= began + 1 {
                latencies.removeAll(keepingCapacity: true)
                start.processor = contender.processorTime
            }
            while Double(sent) < (Self.now - began) * rate {
                let index = sent % peers.count
                peers[index].send(templates[index].frame(at: Self.monotonicNanoseconds))
                sent += 1
            }
            // A message each half millisecond, as far as the loop's timers go.
            let scheduled = eventLoop.scheduleTask(in: .microseconds(400)) {}
            try await scheduled.futureResult.get()
        }
        let processor = contender.processorTime
        try await Task.sleep(for: .milliseconds(200))
        try check(peers)
        try await close(peers)
        let sorted = Percentiles(latencies)
        return ((processor - start.processor) / Double(latencies.count) * 1e6, sorted.at(0.5), sorted.at(0.99))
    }

    private func check(_ peers: [LoadPeer]) throws {
        let errors = peers.reduce(0) { $0 + $1.count(.error) }
        let closed = peers.count { $0.isClosed }
        guard errors == 0, closed == 0 else { throw Overdue(description: "\(errors) messages were refused, \(closed) peers cut off") }
    }
}
