import Glibc
import Logging
import NIOCore
import NIOPosix

/// Tells when this machine's interfaces or addresses may have changed: the kernel's notices on a netlink socket
/// (rtnetlink(7)), a burst of which is told once.
///
/// Confined to its event loop. Where the kernel gives no such socket nothing is ever told.
public final class NetworkMonitor {
    // From linux/netlink.h and linux/rtnetlink.h, which Swift does not import.
    private static let family = sa_family_t(AF_NETLINK)
    private static let route: CInt = 0
    private static let groups: UInt32 = 0x1 | 0x10 | 0x100  // RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR
    /// An interface that comes up brings its addresses one by one.
    private static let settlingTime = TimeAmount.milliseconds(100)

    private let eventLoop: any EventLoop
    private let logger: Logger
    private let onChange: () -> Void
    private var channel: (any Channel)?
    private var settling: Scheduled<Void>?
    private var isClosed = false

    public init(eventLoop: any EventLoop, logger: Logger, onChange: @escaping () -> Void) {
        eventLoop.preconditionInEventLoop()
        self.eventLoop = eventLoop
        self.logger = logger
        self.onChange = onChange
        open()
    }

    public func close() {
        isClosed = true
        settling?.cancel()
        channel?.close(promise: nil)
        channel = nil
    }

    private func open() {
        guard let descriptor = Self.socket() else {
            return logger.debug("no notices of network changes", metadata: ["error": "\(String(cString: strerror(errno)))"])
        }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        NIOPipeBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NoticeHandler(monitor: bound.value))
                }
            }
            .takingOwnershipOfDescriptor(input: descriptor)
            .whenComplete { result in
                let monitor = bound.value
                switch result {
                case .success(let channel) where monitor.isClosed: channel.close(promise: nil)
                case .success(let channel): monitor.channel = channel
                case .failure(let error):
                    Glibc.close(descriptor)
                    monitor.logger.debug("no notices of network changes", metadata: ["error": "\(error)"])
                }
            }
    }

    private static func socket() -> CInt? {
        let descriptor = Glibc.socket(AF_NETLINK, CInt(SOCK_RAW.rawValue) | CInt(SOCK_CLOEXEC.rawValue), route)
        guard descriptor >= 0 else { return nil }
        // struct sockaddr_nl: family, padding, port (0: the kernel chooses), groups.
        var address = [UInt8](repeating: 0, count: 12)
        withUnsafeBytes(of: family) { address.replaceSubrange(0..<2, with: $0) }
        withUnsafeBytes(of: groups) { address.replaceSubrange(8..<12, with: $0) }
        let result = address.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { bind(descriptor, $0.baseAddress, 12) }
        }
        guard result == 0 else {
            Glibc.close(descriptor)
            return nil
        }
        return descriptor
    }

    fileprivate func noticed() {
        guard settling == nil, !isClosed else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        settling = eventLoop.scheduleTask(in: Self.settlingTime) {
            bound.value.settling = nil
            bound.value.onChange()
        }
    }

    /// More notices came than the socket holds (ENOBUFS): something changed, and a new socket tells of what follows.
    fileprivate func lost() {
        channel = nil
        guard !isClosed else { return }
        noticed()
        open()
    }
}

private final class NoticeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private weak var monitor: NetworkMonitor?

    init(monitor: NetworkMonitor) {
        self.monitor = monitor
    }

    /// What the notice says is not read: the addresses are looked at instead.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        monitor?.noticed()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        monitor?.lost()
    }
}
