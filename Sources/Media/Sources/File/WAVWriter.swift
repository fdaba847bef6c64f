import Synchronization

/// Writes sound to a WAV file: 48 kHz, one channel, 16 bits.
///
/// The sizes in the header are put right every second and at the end, so that a recording that was killed can be played.
public final class WAVWriter: Sendable {
    private static let headerBytes = 44
    /// The header's sizes have 32 bits: about 12 hours.
    private static let maximumBytes = Int(UInt32.max) - headerBytes

    private struct State {
        var file: OutputFile?
        var bytes = 0
        var bytesInHeader = 0
    }

    private let state: Mutex<State>

    /// Makes the file, or empties it.
    ///
    /// - Throws: a sentence if that is not possible.
    public init(path: String) throws(MediaError) {
        let file = try OutputFile(path: path)
        try file.write(Self.header(bytes: 0))
        state = Mutex(State(file: file))
    }

    deinit {
        close()
    }

    /// Appends samples. After a failure, which is thrown once, and after ``close()`` nothing is written any more.
    public func append(_ samples: [Int16]) throws(MediaError) {
        try state.withLock { state throws(MediaError) in
            guard let file = state.file, !samples.isEmpty else { return }
            guard state.bytes + samples.count * 2 <= Self.maximumBytes else {
                Self.finish(&state)
                throw MediaError("the recording is full: a WAV file holds 12 hours; record again to another file")
            }
            do throws(MediaError) {
                try file.write(samples.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] })
                state.bytes += samples.count * 2
                if state.bytes - state.bytesInHeader >= AudioFormat.sampleRate * 2 {
                    try file.overwriteStart(Self.header(bytes: state.bytes))
                    state.bytesInHeader = state.bytes
                }
            } catch {
                Self.finish(&state)
                throw error
            }
        }
    }

    /// Puts the header's sizes right now.
    public func updateHeader() {
        state.withLock { state in
            try? state.file?.overwriteStart(Self.header(bytes: state.bytes))
            state.bytesInHeader = state.bytes
        }
    }

    /// Completes the file. May be called again.
    public func close() {
        state.withLock { Self.finish(&$0) }
    }

    private static func finish(_ state: inout State) {
        try? state.file?.overwriteStart(header(bytes: state.bytes))
        state.file?.close()
        state.file = nil
    }

    private static func header(bytes: Int) -> [UInt8] {
        func little(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let format = little(16, 4) + little(1, 2) + little(1, 2) + little(48_000, 4) + little(96_000, 4) + little(2, 2) + little(16, 2)
        return Array("RIFF".utf8) + little(bytes + 36, 4) + Array("WAVEfmt ".utf8) + format + Array("data".utf8) + little(bytes, 4)
    }
}
