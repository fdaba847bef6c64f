import Codecs
import Synchronization

/// Reads a file ahead on a thread of its own, for a source of pictures and a source of sound that run on one clock.
final class FilePlayer: Sendable {
    enum Track {
        case video, audio
    }

    /// Read ahead at least this much, when a track is in use: 4 pictures, and 200 ms of sound.
    private static let wantedPictures = 4
    private static let wantedSamples = 9_600
    /// Held at most, where a file keeps its sound far from its pictures: 64 pictures (30 MB), and 10 s of sound.
    private static let maximumPictures = 64
    private static let maximumSamples = 480_000
    /// Pictures this late, in nanoseconds, show that the machine stood still: the clock is set back rather than catching up.
    private static let stall: Int64 = 1_000_000_000
    /// A file's shortest length, so that one of a single picture is not read without end: 100 ms.
    private static let minimumLength: Int64 = 4_800

    private struct State {
        var uses: Set<Track> = []
        var thread: MediaThread?
        /// The monotonic time at which the file began, in nanoseconds.
        var origin: Int64?
        var pictures: [(buffer: I420Buffer, time: Int64)] = []
        var sounds: [(samples: [Int16], first: Int64)] = []
        var soundCount = 0

        mutating func clear() {
            origin = nil
            pictures = []
            sounds = []
            soundCount = 0
        }

        /// Whether a track lacks something, and there is room.
        var wantsMore: Bool {
            guard pictures.count < FilePlayer.maximumPictures, soundCount < FilePlayer.maximumSamples else { return false }
            return uses.contains(.video) && pictures.count < FilePlayer.wantedPictures
                || uses.contains(.audio) && soundCount < FilePlayer.wantedSamples
        }

        var isPrimed: Bool {
            (!uses.contains(.video) || !pictures.isEmpty) && (!uses.contains(.audio) || !sounds.isEmpty)
        }
    }

    let framesPerSecond: Double
    private let file: MediaFile
    private let state = Monitor(State())
    /// Held while the reading begins or ends, so that one thread at a time has the file.
    private let lifecycle = Mutex(())

    init(_ file: MediaFile) {
        self.file = file
        framesPerSecond = file.framesPerSecond
    }

    /// A source begins to take a track.
    func begin(_ track: Track) {
        lifecycle.withLock { _ in
            state.update { state in
                state.uses.insert(track)
                guard state.thread == nil else { return }
                state.clear()
                let (file, shared) = (file, self.state)
                state.thread = MediaThread(name: "file reader") { thread in
                    Self.read(file, into: shared, on: thread)
                }
            }
        }
    }

    /// A source takes no more. With the last one the reading ends, and begins anew with the next.
    func end(_ track: Track) {
        lifecycle.withLock { _ in
            let thread = state.update { state -> MediaThread? in
                state.uses.remove(track)
                switch track {
                case .video: state.pictures = []
                case .audio:
                    state.sounds = []
                    state.soundCount = 0
                }
                guard state.uses.isEmpty else { return nil }
                defer { state.thread = nil }
                return state.thread
            }
            guard let thread else { return }
            // The reader may be waiting for room, and looks at its thread when woken.
            thread.requestStop()
            state.update { _ in }
            thread.stop()
        }
    }

    private static func read(_ file: MediaFile, into shared: Monitor<State>, on thread: MediaThread) {
        var base: Int64 = 0
        var found = false
        guard (try? file.rewind()) != nil else { return }
        while true {
            let goesOn = shared.wait { state -> Bool? in
                if thread.isStopping { return false }
                return state.wantsMore ? true : nil
            }
            guard goesOn == true else { return }
            for item in file.next() {
                switch item {
                case .video(let buffer, let time):
                    found = true
                    add(buffer, at: time + base / 48 * 1_000_000 + base % 48 * 1_000_000 / 48, to: shared)
                case .audio(let samples, let first):
                    found = true
                    add(samples, at: first + base, to: shared)
                case .end(let length):
                    // A file that gave nothing from beginning to end has been damaged since it was opened.
                    guard found, (try? file.rewind()) != nil else { return }
                    found = false
                    base += max(length, minimumLength)
                }
            }
        }
    }

    private static func add(_ buffer: I420Buffer, at time: Int64, to shared: Monitor<State>) {
        shared.update { state in
            guard state.uses.contains(.video) else { return }
            state.pictures.append((buffer, time))
            start(&state, at: time)
        }
    }

    private static func add(_ samples: [Int16], at first: Int64, to shared: Monitor<State>) {
        shared.update { state in
            guard state.uses.contains(.audio) else { return }
            state.sounds.append((samples, first))
            state.soundCount += samples.count
            start(&state, at: first / 48 * 1_000_000)
        }
    }

    /// Lets the clock run once all tracks have something, and sets it back after a standstill.
    private static func start(_ state: inout State, at time: Int64) {
        let now = MediaClock.monotonicNanoseconds
        if let origin = state.origin {
            if now - (origin + time) > stall { state.origin = now - time }
        } else if state.isPrimed || !state.wantsMore {
            state.origin = now
        }
    }
}

extension FilePlayer {
    /// When the next picture is due, by the monotonic clock; waits until one is there. Nil when the track is no longer in use.
    func nextPictureTime() -> Int64? {
        let answer = state.wait { state -> Int64?? in
            guard state.uses.contains(.video) else { return .some(nil) }
            guard let origin = state.origin, let first = state.pictures.first else { return nil }
            return .some(origin + first.time)
        }
        return answer ?? nil
    }

    /// Takes the newest picture that is due, passing over those before it.
    func takePicture(at now: Int64) -> VideoFrame? {
        state.update { state in
            guard let origin = state.origin else { return nil }
            let due = state.pictures.prefix { origin + $0.time <= now }
            guard let picture = due.last else { return nil }
            state.pictures.removeFirst(due.count)
            return VideoFrame(buffer: picture.buffer, timestamp: .nanoseconds(origin + picture.time))
        }
    }

    /// Takes the sound of a time, with silence where there is none.
    ///
    /// - Parameters:
    ///   - time: of the first sample, by the monotonic clock.
    ///   - expected: the number of the sample after the last one taken, which is kept to when the clock agrees.
    /// - Returns: `count` samples, and the number of the first; nil while the file has not begun.
    func takeSound(at time: Int64, count: Int, following expected: Int64?) -> (samples: [Int16], first: Int64?) {
        state.update { state in
            var samples = [Int16](repeating: 0, count: count)
            guard let origin = state.origin else { return (samples, nil) }
            let place = (time - origin) * 6 / 125_000
            let first = expected.flatMap { abs($0 - place) <= 96 ? $0 : nil } ?? place
            let end = first + Int64(count)
            for sound in state.sounds where sound.first < end {
                let from = max(sound.first, first)
                let to = min(sound.first + Int64(sound.samples.count), end)
                guard from < to else { continue }
                samples.replaceSubrange(
                    Int(from - first)..<Int(to - first), with: sound.samples[Int(from - sound.first)..<Int(to - sound.first)])
            }
            while let sound = state.sounds.first, sound.first + Int64(sound.samples.count) <= end {
                state.soundCount -= sound.samples.count
                state.sounds.removeFirst()
            }
            return (samples, first)
        }
    }
}
