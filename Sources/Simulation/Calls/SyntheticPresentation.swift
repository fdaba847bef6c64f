import Playout
import RTP
import Wire

/// When the sound of a call in virtual time is heard and its pictures are seen, and how far the two are apart.
public struct SyntheticPresentation: Sendable {
    /// The sender's and the receiver's times of one moment of the sound.
    public struct Sound: Sendable {
        public var at: Instant
        /// Since it was captured.
        public var age: Duration
    }

    private var sync = LipSync()
    private var schedule = FrameSchedule()
    /// Which timestamp of the sound belongs to which time of capture.
    private var clock: (timestamp: UInt32, captured: Instant)?
    /// When packets of sound arrived, and when sound was heard, every 10 ms.
    public private(set) var arrivals: [Sound] = []
    public private(set) var heard: [Sound] = []
    /// For each picture shown, by how much its sound was heard later than it was seen; negative if sooner.
    public private(set) var lags: [(at: Instant, lag: Duration)] = []

    mutating func receive(_ report: SenderReport, transceiver: Int) {
        // A call's sections are sound, then picture.
        sync.senderReport(transceiver == 0 ? .audio : .video, ntp: report.ntpTime, rtpTimestamp: report.rtpTimestamp)
    }

    mutating func soundArrived(_ timestamp: UInt32, captured: Instant, at now: Instant) {
        clock = (timestamp, captured)
        arrivals.append(Sound(at: now, age: now - captured))
    }

    /// The sound with this timestamp is played so much later than it could have been; returns how much later it should be at least.
    mutating func heard(_ timestamp: UInt32, delay: Duration, at now: Instant) -> Duration {
        sync.heard(rtpTimestamp: timestamp, delay: delay, at: now)
        if let clock {
            let ticks = Int64(Int32(bitPattern: timestamp &- clock.timestamp))
            heard.append(Sound(at: now, age: now - (clock.captured + .nanoseconds(ticks * 1_000_000 / 48))))
        }
        return sync.audioDelay
    }

    /// When the picture is shown.
    mutating func show(_ timestamp: UInt32, captured: Instant, decodedAt now: Instant) -> Instant {
        let time = schedule.show(rtpTimestamp: timestamp, decodedAt: now, heldBack: sync.videoDelay)
        sync.seen(rtpTimestamp: timestamp, at: schedule.due)
        if let sound = heard.last { lags.append((time, sound.age - (time - captured))) }
        return time
    }
}
