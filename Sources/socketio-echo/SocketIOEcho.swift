import ArgumentParser
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import SocketIO

@main
struct SocketIOEcho: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "socketio-echo",
        abstract: "Serves what the test suites of Engine.IO 4 and Socket.IO 5 expect.",
        discussion: """
            /engine.io/ sends every message back. /socket.io/ has the namespaces / and /custom: on connection the event `auth` \
            with what the client sent along, `message` is answered by `message-back`, `message-with-ack` is acknowledged.
            """)

    @Option(help: "Where to listen.") var host = "127.0.0.1"
    @Option(help: "The port; 0 takes a free one, which standard output names.") var port = 3000

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let services = try await loop.submit { NIOLoopBound(Services(on: loop), eventLoop: loop) }.get()
        let listener: any Channel
        do {
            listener = try await ServerBootstrap(group: loop)
                .serverChannelOption(.backlog, value: 1_024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try services.value.configure(channel) }
                }
                .bind(host: host, port: port).get()
        } catch {
            throw ValidationError("Cannot listen on \(host) port \(port): \(error). Choose another --port.")
        }
        print("http://\(host):\(listener.localAddress?.port ?? port)")
        fflush(nil)
        try await listener.closeFuture.get()
    }
}
