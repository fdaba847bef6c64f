import TerminalIO

/// Camera and microphone, tried before a call.
extension ConsoleModel {
    /// So many sentences are shown where a picture is missing: the latest.
    private static let mostPreviewNotes = 3

    /// `p`.
    package mutating func openPreview() {
        update {
            $0.overlay = .preview
            $0.levels = nil
            $0.previewNotes = []
        }
        emit(.action(.setPreview(isOn: true)))
    }

    /// What camera and microphone have to say stays there to be read.
    package mutating func takePreviewNote(_ text: String) {
        guard state.overlay == .preview else { return }
        update { $0.previewNotes = ($0.previewNotes + [DisplayText.printable(text)]).suffix(Self.mostPreviewNotes) }
    }

    package mutating func handlePreview(_ key: Key) {
        switch key {
        case .escape, .enter, .character("p"), .character("q"): closePreview()
        case .character("D"):
            closePreview()
            openDevices()
        default: break
        }
    }

    /// Nothing is on any longer than it is looked at, and a call finds camera and microphone free.
    package mutating func closePreview() {
        guard state.overlay == .preview else { return }
        update {
            $0.overlay = .none
            $0.levels = nil
        }
        emit(.action(.setPreview(isOn: false)))
    }
}
