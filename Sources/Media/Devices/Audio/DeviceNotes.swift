import CPulse
import MediaSources
import Synchronization

/// What a person is told about a sound device, each thing once.
final class DeviceNotes: Sendable {
    /// Blocks of 10 ms after which a server that does not answer is worth a word: 1.5 s.
    private static let patience = 150

    private enum Topic {
        case waiting, failure
    }

    /// "speaker" or "microphone".
    private let kind: String
    private let device: String?
    private let onNote: @Sendable (String) -> Void
    private let said = Mutex<Set<Topic>>([])
    private let blocksWaited = Atomic<Int>(0)

    init(_ kind: String, device: String?, onNote: @escaping @Sendable (String) -> Void) {
        self.kind = kind
        self.device = device
        self.onNote = onNote
    }

    /// So many blocks of 10 ms have passed without the device.
    func waited(_ blocks: Int = 1) {
        let (before, after) = blocksWaited.add(blocks, ordering: .relaxed)
        if before < Self.patience, after >= Self.patience {
            say(.waiting, "the sound server does not answer: the call goes on without a \(kind) until it does")
        }
    }

    /// The device failed, with PulseAudio's number for the reason.
    func failed(_ error: Int32, wasRunning: Bool) {
        // A failure says more than the waiting would.
        said.withLock { _ = $0.insert(.waiting) }
        if wasRunning {
            say(.failure, "the \(kind) is gone (\(PulseClient.text(of: error))): the call goes on without it; call again once it is back")
        } else if let device, [PA_ERR_NOENTITY, PA_ERR_INVALID].contains(where: { error == Int32($0.rawValue) }) {
            say(.failure, "there is no \(kind) \(quoted(device)): the call goes on without one; `glyphone devices` shows the names")
        } else if error == Int32(PA_ERR_NOENTITY.rawValue) {
            say(.failure, "this machine has no \(kind): the call goes on without one; connect one and call again")
        } else if error == Int32(PA_ERR_CONNECTIONREFUSED.rawValue) {
            say(
                .failure,
                "no sound server (PulseAudio or PipeWire) is running: the call goes on without a \(kind); start one and call again")
        } else {
            say(
                .failure,
                "the \(kind) cannot be used (\(PulseClient.text(of: error))): the call goes on without it; `glyphone devices` shows others")
        }
    }

    private func say(_ topic: Topic, _ sentence: String) {
        if said.withLock({ $0.insert(topic).inserted }) { onNote(sentence) }
    }
}
