import TerminalIO

/// Choosing camera, microphone and speaker, before a call and in one.
extension ConsoleModel {
    /// So many devices are offered: more than a screen holds nobody looks through.
    private static let mostChoices = 40

    /// `D`.
    package mutating func openDevices() {
        update {
            $0.overlay = .devices
            $0.deviceChoices = nil
            $0.chosenDevice = 0
        }
        emit(.action(.listDevices))
    }

    package mutating func takeDeviceChoices(_ choices: [DeviceChoice]) {
        update { state in
            state.deviceChoices = choices.prefix(Self.mostChoices).map { choice in
                var choice = choice
                choice.title = DisplayText.printable(choice.title, limit: 64)
                return choice
            }
            state.chosenDevice = choices.prefix(Self.mostChoices).firstIndex { $0.isCurrent } ?? 0
        }
    }

    package mutating func handleDevices(_ key: Key, at now: ContinuousClock.Instant) {
        let last = max(0, (state.deviceChoices?.count ?? 0) - 1)
        switch key {
        case .down, .character("j"): update { $0.chosenDevice = min($0.chosenDevice + 1, last) }
        case .up, .character("k"): update { $0.chosenDevice = max($0.chosenDevice - 1, 0) }
        case .enter, .character(" "):
            guard let choices = state.deviceChoices, choices.indices.contains(state.chosenDevice) else { return }
            let choice = choices[state.chosenDevice]
            use(choice.kind, name: choice.name, title: choice.title, at: now)
        case .escape, .character("D"), .character("q"): update { $0.overlay = .none }
        default: break
        }
    }

    /// `:camera /dev/videoN`, `:microphone NAME` or `:mic NAME`, `:speaker NAME`.
    package mutating func use(_ kind: DeviceKind, named name: String, at now: ContinuousClock.Instant) {
        if name.isEmpty { openDevices() } else { use(kind, name: name, title: name, at: now) }
    }

    private mutating func use(_ kind: DeviceKind, name: String, title: String, at now: ContinuousClock.Instant) {
        update { state in
            state.deviceChoices = state.deviceChoices?.map { choice in
                var choice = choice
                if choice.kind == kind { choice.isCurrent = choice.name == name }
                return choice
            }
        }
        emit(.action(.use(kind, name: name)))
        note("\(kind.rawValue): \(title)", at: now)
    }
}
