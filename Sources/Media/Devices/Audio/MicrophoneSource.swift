import CPulse
public import MediaSources
import Synchronization

/// A microphone of a PulseAudio server (or PipeWire in its place).
///
/// While the server is not there, not yet or not any more, it gives silence in real time.
public final class MicrophoneSource: AudioSource {
    public let chunkSamples: Int
    private let device: String?
    private let server: String?
    private let onNote: @Sendable (String) -> Void
    private let fallback: SilentAudioSource
    private let stream = Mutex<PulseStream?>(nil)
    private let isRunningFlag = SharedFlag()

    /// - Parameters:
    ///   - device: the name of a source, as ``AudioDevices`` lists them; nil for the server's choice.
    ///   - server: an address, as in PULSE_SERVER; nil for the usual one.
    ///   - chunkSamples: 960 (20 ms) or 480 (10 ms).
    ///   - onNote: told on any thread, in one sentence each and once, what a person should know: no server, no such device.
    public init(
        device: String? = nil, server: String? = nil, chunkSamples: Int = AudioFormat.packetSamples,
        onNote: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.device = device
        self.server = server
        self.chunkSamples = max(AudioFormat.blockSamples, chunkSamples)
        self.onNote = onNote
        fallback = SilentAudioSource(chunkSamples: self.chunkSamples)
    }

    deinit {
        stop()
    }

    public func start(onChunk: @escaping @Sendable (AudioChunk) -> Void) {
        stream.withLock { stream in
            guard stream == nil else { return }
            let (fallback, isRunning) = (fallback, isRunningFlag)
            let notes = DeviceNotes("microphone", device: device, onNote: onNote)
            let chunker = Chunker(chunkSamples: chunkSamples, onChunk)
            let blocks = chunkSamples / AudioFormat.blockSamples
            let fallBack: @Sendable () -> Void = {
                fallback.start { chunk in
                    onChunk(chunk)
                    for _ in 0..<blocks { notes.waited() }
                }
            }
            let handlers = PulseStream.Handlers(
                state: { state in
                    switch state {
                    case .connecting: break
                    case .running:
                        fallback.stop()
                        isRunning.value = true
                    case .failed(let error):
                        notes.failed(error, wasRunning: isRunning.value)
                        isRunning.value = false
                        fallBack()
                    }
                },
                capture: { chunker.take($0, latency: $1) })
            fallBack()
            stream = PulseStream(.capture, device: device, handlers: handlers)
            if let stream { stream.open(server: server) } else { notes.failed(Int32(PA_ERR_INTERNAL.rawValue), wasRunning: false) }
        }
    }

    public func stop() {
        let open = stream.withLock { stream -> PulseStream? in
            defer { stream = nil }
            return stream
        }
        open?.close()
        fallback.stop()
        isRunningFlag.value = false
    }

    /// Whether the sound comes from the device now.
    public var isRunning: Bool { isRunningFlag.value }
}

/// Makes chunks of one length out of what a device delivers, with steady times. Used on the device's thread.
private final class Chunker: Sendable {
    /// Times that jump by more than this are believed: the device stood still.
    private static let jump: Int64 = 50_000_000
    /// Less than that is the unsteadiness of being told, of which a fiftieth is followed.
    private static let smoothing: Int64 = 50

    private struct State {
        var samples: [Int16] = []
        /// The time of the first of them, in nanoseconds.
        var time: Int64?
    }

    private let chunkSamples: Int
    private let onChunk: @Sendable (AudioChunk) -> Void
    private let state = Mutex(State())

    init(chunkSamples: Int, _ onChunk: @escaping @Sendable (AudioChunk) -> Void) {
        self.chunkSamples = chunkSamples
        self.onChunk = onChunk
    }

    func take(_ samples: [Int16], latency: UInt64) {
        let chunks = state.withLock { state -> [AudioChunk] in
            state.samples += samples
            let captured = MediaClock.monotonicNanoseconds - Int64(min(latency, 10_000_000)) * 1_000
            let measured = captured - nanoseconds(state.samples.count)
            var time = state.time ?? measured
            time = abs(measured - time) > Self.jump ? measured : time + (measured - time) / Self.smoothing
            var chunks: [AudioChunk] = []
            var first = 0
            while state.samples.count - first >= chunkSamples {
                chunks.append(AudioChunk(samples: Array(state.samples[first..<first + chunkSamples]), timestamp: .nanoseconds(time)))
                first += chunkSamples
                time += nanoseconds(chunkSamples)
            }
            state.samples.removeFirst(first)
            state.time = time
            return chunks
        }
        for chunk in chunks { onChunk(chunk) }
    }

    private func nanoseconds(_ samples: Int) -> Int64 {
        Int64(samples) * 1_000_000 / 48
    }
}
