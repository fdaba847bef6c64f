import Glibc
import NIOCore
import NIOPosix
import STUN
import Wire

/// A STUN or TURN server by its name, as a person or a signaling server gives it.
public struct ICEServer: Hashable, Sendable {
    public var url: ICEServerURL
    /// TURN alone asks for them.
    public var credentials: TURNCredentials?

    public init(url: ICEServerURL, credentials: TURNCredentials? = nil) {
        self.url = url
        self.credentials = credentials
    }

    /// A name server that takes longer is as good as none: the call goes on without.
    static let resolutionLimit = TimeAmount.seconds(5)

    /// The addresses behind the name, IPv6 and IPv4 as the system orders them; none if there are none, or nobody knows in time.
    public func addresses(on eventLoop: any EventLoop) -> EventLoopFuture<[TransportAddress]> {
        if let address = TransportAddress(url.host, port: url.port) { return eventLoop.makeSucceededFuture([address]) }
        let promise = eventLoop.makePromise(of: [TransportAddress].self)
        let timer = eventLoop.scheduleTask(in: Self.resolutionLimit) { promise.succeed([]) }
        let (host, port) = (url.host, url.port)
        let found = NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) { Self.resolve(host, port: port) }
        found.whenComplete { result in
            // One that comes too late meets a promise that is kept.
            timer.cancel()
            promise.succeed((try? result.get()) ?? [])
        }
        return promise.futureResult
    }

    private static func resolve(_ host: String, port: UInt16) -> [TransportAddress] {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_DGRAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        var result: [TransportAddress] = []
        for entry in sequence(first: first, next: { $0?.pointee.ai_next }) {
            guard let address = entry?.pointee.ai_addr, let ip = IPAddress(sockaddr: address) else { continue }
            let found = TransportAddress(ip: ip, port: port)
            if !result.contains(found) { result.append(found) }
        }
        return result
    }
}
