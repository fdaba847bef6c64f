import Glibc
import NIOCore
import NIOPosix
import SignalingProtocol

/// Clients by the thousand on one event loop; everything that is done with them is done there.
actor Load {
    nonisolated let eventLoop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.executor.asUnownedSerialExecutor() }

    struct Overdue: Error, CustomStringConvertible {
        var description: String
    }

    /// What its clients speak.
    nonisolated let binding: Binding

    init(on eventLoop: any EventLoop, _ binding: Binding = .raw) {
        self.eventLoop = eventLoop
        self.binding = binding
    }

    /// Seconds on the monotonic clock.
    static var now: Double {
        Double(monotonicNanoseconds) / 1e9
    }

    static var monotonicNanoseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Opens a WebSocket that joins at once.
    ///
    /// - Parameter receiveBuffer: what the kernel keeps for it, where that is to be little.
    func open(_ join: Join, at url: String, receiveBuffer: Int? = nil) -> (peer: LoadPeer, connected: EventLoopFuture<any Channel>) {
        let peer = LoadPeer(join, binding)
        let bound = NIOLoopBound(peer, eventLoop: eventLoop)
        var bootstrap = ClientBootstrap(group: eventLoop)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
            }
        if let receiveBuffer { bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: .init(receiveBuffer)) }
        let authority = url.dropFirst("ws://".count).split(separator: ":")
        let port = authority.last.flatMap { Int($0) } ?? 0
        return (peer, bootstrap.connect(host: "127.0.0.1", port: port))
    }

    /// Opens many, not more than some hundred at a time, and waits until all have joined.
    func join(_ joins: [Join], at url: String) async throws -> [LoadPeer] {
        var peers: [LoadPeer] = []
        peers.reserveCapacity(joins.count)
        for start in stride(from: 0, to: joins.count, by: 250) {
            for join in joins[start..<min(start + 250, joins.count)] { peers.append(open(join, at: url).peer) }
            let batch = peers[start...]
            try await wait("\(batch.count) peers to join") { batch.allSatisfy(\.isJoined) }
        }
        return peers
    }

    /// Pairs of peers in a call, each in a room of its own: the caller at even places.
    func pairs(_ count: Int, at url: String) async throws -> [LoadPeer] {
        let peers = try await join(
            (0..<count).flatMap { [Join(name: "alice", room: "pair \($0)"), Join(name: "bob", room: "pair \($0)")] }, at: url)
        for index in 0..<count { peers[2 * index].signal(.offer(sdp: "v=0"), call: "call\(index)", to: peers[2 * index + 1]) }
        try await wait("the offers") { (0..<count).allSatisfy { peers[2 * $0 + 1].count(.otherSignal) == 1 } }
        for index in 0..<count { peers[2 * index + 1].signal(.answer(sdp: "v=0"), call: "call\(index)", to: peers[2 * index]) }
        try await wait("the answers") { (0..<count).allSatisfy { peers[2 * $0].count(.otherSignal) == 1 } }
        return peers
    }

    /// Looks every few milliseconds whether `condition` holds.
    func wait(_ what: String, upTo limit: Double = 60, until condition: () -> Bool) async throws {
        let end = Self.now + limit
        while !condition() {
            guard Self.now < end else { throw Overdue(description: "\(what): not within \(limit) s") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Closes all, and waits until the server's side is gone as well.
    func close(_ peers: [LoadPeer]) async throws {
        for peer in peers {
            peer.onText = { _, _, _ in }
            peer.send(.leave)
        }
        // A server that has more to do than it can takes its time.
        try await wait("connections to close", upTo: 180) { peers.allSatisfy(\.isClosed) }
    }
}

/// A candidate as browsers send it, about 300 bytes, with a place for the time.
struct CandidateTemplate {
    private var json: [UInt8]
    private let stampOffset: Int
    private static let stamp = "00000000000000000000"

    init(call: CallID, to: PeerID, _ binding: Binding) {
        let candidate = Candidate(
            candidate: "candidate:842163049 1 udp 1677729535 203.0.113.77 46154 typ srflx raddr 10.0.0.17 rport 46154 generation 0 "
                + "ufrag EEtu network-id 1 network-cost 10",
            sdpMid: "0", sdpMLineIndex: 0, usernameFragment: Self.stamp)
        json = binding.text(.signal(to: to, CallSignal(call: call, body: .candidate(candidate))))
        stampOffset = json.firstRange(of: Array(Self.stamp.utf8))?.lowerBound ?? 0
    }

    mutating func frame(at nanoseconds: Int64 = 0) -> ByteBuffer {
        var rest = nanoseconds
        for index in (0..<20).reversed() {
            json[stampOffset + index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        return LoadPeer.frame(json)
    }

    /// When the message was sent.
    static func nanoseconds(in text: ByteBuffer) -> Int64? {
        let view = text.readableBytesView
        guard let range = view.firstRange(of: Array("\"usernameFragment\":\"".utf8)) else { return nil }
        return view[range.upperBound...].prefix(20).reduce(0) { $0 * 10 + Int64($1 &- UInt8(ascii: "0")) }
    }
}
