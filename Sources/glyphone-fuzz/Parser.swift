/// What reads bytes from the network.
enum Parser: String, CaseIterable {
    case stun, turn, candidate, mdns, rtp, rtcp, vp8, sdp, jsep
    case clientMessage = "client-message"
    case serverMessage = "server-message"
    case socketIO = "socket-io"
    case webSocket = "web-socket"

    /// Reads the bytes. A trap or a broken promise ends the process, which libFuzzer reports.
    func test(_ bytes: [UInt8]) {
        switch self {
        case .stun: testSTUN(bytes)
        case .turn: testTURN(bytes)
        case .candidate: testCandidate(String(decoding: bytes, as: UTF8.self))
        case .mdns: testMDNS(bytes)
        case .rtp: testRTP(bytes)
        case .rtcp: testRTCP(bytes)
        case .vp8: testVP8(bytes)
        case .sdp: testSDP(String(decoding: bytes, as: UTF8.self))
        case .jsep: testJSEP(bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
        case .clientMessage: testClientMessage(bytes)
        case .serverMessage: testServerMessage(bytes)
        case .socketIO: testSocketIO(bytes)
        case .webSocket: testWebSocket(bytes)
        }
    }

    func require(_ condition: Bool, _ promise: String) {
        if !condition { fatalError("\(rawValue): broken promise: \(promise)") }
    }
}
