import CPulse
import MediaSources
import Synchronization

/// What a person is told about a sound device, each thing once until it changes.
final class DeviceNotes: Sendable {
    /// Blocks of 10 ms after which a server that does not answer is worth a word: 1.5 s.
    private static let patience = 150

    private struct Told {
        var isWaiting = false
        var failure: Int32?
        /// Where the sound was last.
        var device: PulseStream.Device?
    }

    /// "speaker" or "microphone".
    private let kind: String
    private let device: String?
    private let onNote: @Sendable (String) -> Void
    private let told = Mutex(Told())
    private let blocksWaited = Atomic<Int>(0)

    init(_ kind: String, device: String?, onNote: @escaping @Sendable (String) -> Void) {
        self.kind = kind
        self.device = device
        self.onNote = onNote
    }

    /// So many blocks of 10 ms have passed without the device.
    func waited(_ blocks: Int) {
        let (before, after) = blocksWaited.add(blocks, ordering: .relaxed)
        guard before < Self.patience, after >= Self.patience else { return }
        let isFirst = told.withLock { told in
            defer { told.isWaiting = true }
            return !told.isWaiting && told.failure == nil
        }
        if isFirst { onNote("the sound server does not answer: the call goes on without a \(kind) until it does") }
    }

    /// The device failed, with PulseAudio's number for the reason. It is tried again.
    func failed(_ error: Int32) {
        let sentence = told.withLock { told -> String? in
            // The first word counts: what follows are vain attempts to get it back.
            guard told.failure == nil else { return nil }
            told.failure = error
            return self.sentence(error, wasRunning: told.device != nil)
        }
        if let sentence { onNote(sentence) }
    }

    /// Sound goes through a device.
    func running(_ running: PulseStream.Device) {
        let sentence = told.withLock { told -> String? in
            let before = told
            told = Told(device: running)
            if before.failure != nil, before.device != nil || device == nil { return "the \(kind) is back: \(running.description)" }
            if before.failure != nil { return "\(running.description) is used as the \(kind) until that is there" }
            if let last = before.device, last.name != running.name { return "the \(kind) is now \(running.description)" }
            return nil
        }
        if let sentence { onNote(sentence) }
    }

    private func sentence(_ error: Int32, wasRunning: Bool) -> String {
        switch pa_error_code(rawValue: UInt32(bitPattern: error)) {
        case PA_ERR_NOENTITY where wasRunning:
            "there is no \(kind) any more: the call goes on without one until one is connected"
        case _ where wasRunning: "the \(kind) is gone (\(PulseClient.text(of: error))): the call goes on without it until it is back"
        case PA_ERR_NOENTITY where device == nil:
            "this machine has no \(kind): the call goes on without one until one is connected"
        case PA_ERR_NOENTITY, PA_ERR_INVALID:
            "there is no \(kind) \(quoted(device ?? "")); `glyphone devices` shows the names"
        case PA_ERR_CONNECTIONREFUSED:
            "no sound server (PulseAudio or PipeWire) is running: the call goes on without a \(kind) until one is started"
        default:
            "the \(kind) cannot be used (\(PulseClient.text(of: error))): the call goes on without it; `glyphone devices` shows others"
        }
    }
}
