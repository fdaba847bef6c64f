import Calls
import Console
import Logging
import NIOCore
import NIOPosix
import SignalingClient
import SignalingProtocol
import Transport

/// The network part of `glyphone doctor`.
enum NetworkDoctor {
    /// A server that takes longer to answer is said not to be there.
    private static let patience = TimeAmount.seconds(3)

    static func findings(_ settings: CallSettings) async throws -> [Finding] {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let logger = try Log.make(settings)
        let url: SignalingURL
        do throws(SignalingFailure) { url = try SignalingURL(settings.server) } catch { throw CommandFailure(error) }
        let joined = await answer(of: url, settings, on: loop, logger)
        var servers = settings.iceServers
        var server: Finding
        switch joined {
        case .success(let joined):
            let named = joined.usableServers
            servers += named.filter { new in !servers.contains { $0.url == new.url } }
            let count =
                named.isEmpty
                ? "names no STUN or TURN server" : "names \(named.count) STUN and TURN \(named.count == 1 ? "server" : "servers")"
            server = Finding("Server", "\(url) answers, \(count)")
        case .failure(let failure):
            server = Finding("Server", "\(url) does not let us in", remedy: failure.description)
        }
        do {
            let (asked, isLocal) = (servers, url.isLoopback)
            let examination = try await loop.flatSubmit {
                do {
                    return try NetworkExamination.run(servers: asked, usesLoopback: isLocal, on: loop, logger: logger)
                } catch {
                    return loop.makeFailedFuture(error)
                }
            }.get()
            try await group.shutdownGracefully()
            return [server] + examination.findings.map { Finding($0.label, $0.value, remedy: $0.remedy) }
        } catch {
            throw CommandFailure(.failed, "The network cannot be looked at: \(error).")
        }
    }

    /// What the signaling server says to one who only looks on.
    private static func answer(
        of url: SignalingURL, _ settings: CallSettings, on loop: any EventLoop, _ logger: Logger
    ) async -> Result<Joined, SignalingFailure> {
        let join = Join(name: nil, room: settings.room, client: "glyphone-doctor/\(Glyphone.version)", token: settings.token, observe: true)
        let promise = loop.makePromise(of: Result<Joined, SignalingFailure>.self)
        let client = SignalingClient(configuration: SignalingConfiguration(url: url, join: join), eventLoop: loop, logger: logger) {
            event in
            switch event {
            case .joined(let joined): promise.succeed(.success(joined))
            case .closed(let failure?): promise.succeed(.failure(failure))
            default: break
            }
        }
        let timer = loop.scheduleTask(in: patience) {
            promise.succeed(
                .failure(SignalingFailure(.notReachable, "The server \(url) does not answer. Check the address, and that it runs.")))
        }
        client.connect()
        let result = try? await promise.futureResult.get()
        timer.cancel()
        client.leave()
        return result ?? .failure(SignalingFailure(.notReachable, "The server \(url) does not answer."))
    }
}
