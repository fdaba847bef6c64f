import TerminalIO
import TerminalVideo

/// All that the screen is drawn from.
package struct ConsoleState {
    package enum Link: Equatable {
        case starting
        case connecting(server: String)
        case online
        case offline(reason: String)
    }

    /// A call that this console takes part in, or that it makes.
    package struct Call: Equatable {
        package enum Phase: Equatable {
            case ringing, connecting, connected, reconnecting
        }

        package var id: String
        package var peerName: String
        package var phase: Phase
        /// When the phase began.
        package var since: ContinuousClock.Instant
        /// When the call was first connected.
        package var connectedAt: ContinuousClock.Instant?
        package var statistics = ConsoleStatistics()
        package var remoteHasAudio = true
        package var remoteHasVideo = true
    }

    /// A call that someone makes to us.
    package struct IncomingCall: Equatable {
        package var id: String
        package var peerName: String
        package var hasVideo: Bool
        package var since: ContinuousClock.Instant
        /// Keys are ignored until then: whoever is typing must not accept by accident.
        package var ignoresKeysUntil: ContinuousClock.Instant
        package var isSilenced = false
    }

    package struct RecentCall: Equatable {
        package enum Kind: String {
            case missed, called, answered, declined, failed
        }

        package var kind: Kind
        package var peerName: String
        /// Unix time in seconds.
        package var at: Int64
    }

    package enum Overlay: Equatable {
        case none
        case help
        case quitQuestion
        case devices
        case preview
    }

    /// The one line that takes text at present.
    package struct TextField: Equatable {
        package enum Purpose: Equatable {
            case command, find
        }

        package var purpose: Purpose
        package var text = ""
    }

    package struct Note: Equatable {
        package var text: String
        package var time: String
        package var expiresAt: ContinuousClock.Instant
    }

    package enum SelfView: CaseIterable {
        case small, large, hidden
    }

    package var size: TerminalSize
    package var isUTF8: Bool
    /// For the status line; kept by the driver.
    package var wallClock = WallTime(unixSeconds: 0, offset: 0)

    package var link = Link.starting
    package var name = ""
    package var room = ""
    package var server = ""
    package var status = Presence.available
    package var roster: [PeerRow] = []
    package var chosenPeer: String?
    package var filter = ""
    package var recent: [RecentCall] = []
    package var devices: [DeviceRow] = []
    /// What `D` offers; nil while that is found out.
    package var deviceChoices: [DeviceChoice]?
    package var chosenDevice = 0
    /// In decibels relative to a full-scale sine; nil outside of calls and previews.
    package var levels: (microphone: Double, speaker: Double)?

    /// Why a preview shows nothing.
    package var previewNotes: [String] = []

    package var call: Call?
    package var incoming: IncomingCall?
    package var note: Note?
    package var overlay = Overlay.none
    package var textField: TextField?

    package var isMicrophoneOn = true
    package var isCameraOn = true
    package var hasRemotePicture = false
    package var hasOwnPicture = false
    package var selfView = SelfView.small
    package var showsStatistics = false
    package var isFull = false
    /// What the picture is drawn with, as the person chose or the terminal allows.
    package var style = PictureStyle()
    /// How it is drawn worse while the line to the terminal takes no more.
    package var reduction: PictureReduction?
    /// How the last second of drawing went, for the statistics panel.
    package var drawing: DrawingStatistics?
    package var logPath: String?

    package init(size: TerminalSize, isUTF8: Bool) {
        self.size = size
        self.isUTF8 = isUTF8
    }

    /// The peers that match what was typed after `/`.
    package var shownPeers: [PeerRow] {
        filter.isEmpty ? roster : roster.filter { $0.name.lowercased().contains(filter.lowercased()) }
    }

    package var chosen: PeerRow? {
        let peers = shownPeers
        return peers.first { $0.id == chosenPeer } ?? peers.first
    }

    package var chosenIndex: Int? {
        let peers = shownPeers
        return peers.firstIndex { $0.id == chosenPeer } ?? (peers.isEmpty ? nil : 0)
    }

    /// Whether a call has a claim on the screen.
    package var isInCall: Bool { call != nil }
}

/// How drawing went over the last second.
package struct DrawingStatistics: Equatable {
    /// Pictures of the other side that were painted whole.
    package var framesPerSecond: Int
    package var kilobytesPerSecond: Int
    package var cpuMillisecondsPerFrame: Double
}

/// The time of day.
package struct WallTime: Equatable {
    /// Unix time.
    package var unixSeconds: Int64
    /// Seconds east of UTC.
    package var offset: Int

    package init(unixSeconds: Int64, offset: Int) {
        self.unixSeconds = unixSeconds
        self.offset = offset
    }

    /// Hours and minutes, as in 14:02.
    package var hoursAndMinutes: String { Self.hoursAndMinutes(unixSeconds, offset: offset) }

    package static func hoursAndMinutes(_ unixSeconds: Int64, offset: Int) -> String {
        let minutes = Int(((unixSeconds + Int64(offset)) / 60) % 1440 + 1440) % 1440
        return twoDigits(minutes / 60) + ":" + twoDigits(minutes % 60)
    }

    package static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension Duration {
    /// Whole seconds, rounded down.
    package var wholeSeconds: Int { Int(components.seconds) }

    /// As in 0:04:12; without the hours below one in `short` form, as in 4:12.
    package func clockText(short: Bool = false) -> String {
        let seconds = max(0, wholeSeconds)
        let hours = seconds / 3600
        let minutes = seconds / 60 % 60
        if short, hours == 0 { return "\(minutes):\(WallTime.twoDigits(seconds % 60))" }
        return "\(hours):\(WallTime.twoDigits(minutes)):\(WallTime.twoDigits(seconds % 60))"
    }

    /// As in "3 min" or "1 h".
    package static func roundedText(seconds: Int64) -> String {
        switch seconds {
        case ..<60: "now"
        case ..<3600: "\(seconds / 60) min"
        case ..<86_400: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) d"
        }
    }
}
