import Dispatch
import Glibc

/// SIGTERM and SIGINT as something to wait for.
final class TerminationSignals {
    private let stream: AsyncStream<CInt>
    private let continuation: AsyncStream<CInt>.Continuation
    private let sources: [any DispatchSourceSignal]

    init() {
        let (stream, continuation) = AsyncStream<CInt>.makeStream()
        self.stream = stream
        self.continuation = continuation
        sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(number) }
            source.resume()
            return source
        }
    }

    @discardableResult
    func next() async -> CInt {
        for await signal in stream { return signal }
        return SIGTERM
    }

    /// Waits for another signal, but no longer than `time`.
    func next(within time: DispatchTimeInterval) async {
        DispatchQueue.global().asyncAfter(deadline: .now() + time) { [continuation] in continuation.yield(0) }
        await next()
    }
}
