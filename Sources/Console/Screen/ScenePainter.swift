import TerminalIO
import TerminalVideo

/// Paints scenes and the pictures in them, and measures what that costs.
struct ScenePainter {
    private var remotePicture: (any Picture)?
    private var ownPicture: (any Picture)?
    private var isRemoteNew = false
    private var isOwnNew = false
    private let remotePane = PicturePane(region: CellRect(column: 0, row: 0, columns: 0, rows: 0), style: PictureStyle())
    private let ownPane = PicturePane(region: CellRect(column: 0, row: 0, columns: 0, rows: 0), style: PictureStyle())
    private var stream = PictureStream()
    private(set) var isStateChanged = true
    private var scene: Scene?
    private var shownAt: ContinuousClock.Instant?
    /// When a picture that came too early may be shown.
    private(set) var deadline: ContinuousClock.Instant?

    /// When what is shown nearly right is repaired, unless a newer picture comes first.
    private(set) var repairDue: ContinuousClock.Instant?

    /// Whether the last painting was cut short, so that there is more to paint at once.
    private(set) var isUnfinished = false

    /// What pictures are drawn with.
    private(set) var steps = PictureSteps()
    private var framesPerSecond = 60

    private var frames = 0
    private var bytes = 0
    private var cpuNanoseconds: Int64 = 0
    private var measuredSince: ContinuousClock.Instant?

    var hasRemote: Bool { remotePicture != nil }
    /// The cells for the other side's picture; `nil` while there is none.
    var remoteSize: (columns: Int, rows: Int)? { scene?.remote.map { ($0.columns, $0.rows) } }
    var hasOwn: Bool { ownPicture != nil }

    mutating func stateChanged() { isStateChanged = true }

    /// What was painted is no longer on the screen.
    mutating func invalidate() {
        scene = nil
        remotePane.invalidate()
        ownPane.invalidate()
    }

    /// Whether it is time for another picture; if not, ``deadline`` says when.
    mutating func mayShow(at now: ContinuousClock.Instant) -> Bool {
        deadline = nil
        guard let shownAt else { return true }
        let next = shownAt + .seconds(1) / framesPerSecond
        if now >= next { return true }
        deadline = next
        return false
    }

    mutating func takePictures(from inbox: ConsoleInbox) {
        switch inbox.takeRemote() {
        case .none: break
        case .new(let picture):
            remotePicture = picture
            isRemoteNew = true
            steps.pictureCame()
        case .gone: remotePicture = nil
        }
        switch inbox.takeOwn() {
        case .none: break
        case .new(let picture):
            ownPicture = picture
            isOwnNew = true
        case .gone: ownPicture = nil
        }
    }

    /// Where pictures go on a line that takes so little, what a key does goes before them, alone: they would hold it up.
    private static let slowPiece = 16_384

    /// The bytes of the next frame: the chrome's, then the pictures'; empty if the screen shows all.
    ///
    /// - Parameter limit: how many bytes the pictures may take; 0 leaves them out.
    mutating func paint(_ state: ConsoleState, terminal: Terminal, chrome: Chrome, limit: Int, at now: ContinuousClock.Instant) -> [UInt8] {
        let start = CPUClock.nanoseconds()
        var output: [UInt8] = []
        framesPerSecond = terminal.mostFramesPerSecond
        _ = steps.review(terminal, at: now)
        var style = state.style
        style.cellAspect = terminal.size.cellAspect ?? 0.5
        steps.choose(style)
        var hasNewScene = false
        if isStateChanged || scene == nil {
            isStateChanged = false
            let scene = ConsoleView.scene(of: state, at: now)
            hasNewScene = scene != self.scene
            if hasNewScene { output = chrome.paint(scene) }
            self.scene = scene
        }
        guard let scene else { return output }
        arrange(scene, style: steps.style, lineRate: terminal.lineRate)
        var isDue = isUnfinished || hasNewScene
        if scene.remote != nil, isRemoteNew, let picture = remotePicture {
            isRemoteNew = false
            isDue = true
            shownAt = now
            frames += 1
            picture.withPictureView { remotePane.show($0) }
        }
        if scene.own != nil, isOwnNew, let picture = ownPicture {
            isOwnNew = false
            isDue = true
            if scene.remote == nil { shownAt = now }
            picture.withPictureView { ownPane.show($0) }
        }
        let room = output.isEmpty ? limit : limit < Self.slowPiece ? 0 : limit - output.count
        stream.removeAll()
        if isDue || repairDue.map({ now >= $0 }) ?? false { paintPictures(scene, limit: max(0, room), at: now) }
        output += stream.bytes
        bytes += output.count
        cpuNanoseconds += CPUClock.nanoseconds() - start
        return output
    }

    private mutating func paintPictures(_ scene: Scene, limit: Int, at now: ContinuousClock.Instant) {
        isUnfinished = scene.own != nil || scene.remote != nil
        guard limit > 0, isUnfinished else { return }
        // The own picture first: it is small, and must not starve behind the large one on a slow line.
        let isOwnPainted = scene.own == nil || ownPane.paint(into: &stream, limit: limit / 3)
        let left = max(1, limit - stream.bytes.count)
        let isRemotePainted = scene.remote == nil || remotePane.paint(into: &stream, limit: left)
        isUnfinished = !isOwnPainted || !isRemotePainted
        stream.close()
        if scene.remote != nil { steps.painted(bytes: stream.bytes.count, isFinished: isRemotePainted) }
        let isExact = (scene.own == nil || ownPane.lastPaint.isExact) && (scene.remote == nil || remotePane.lastPaint.isExact)
        repairDue = isExact ? nil : now + PictureSteps.repairDelay
    }

    /// Puts the panes where the scene wants them.
    private mutating func arrange(_ scene: Scene, style: PictureStyle, lineRate: Int) {
        let nowhere = CellRect(column: 0, row: 0, columns: 0, rows: 0)
        let wasRemote = (remotePane.region, remotePane.style)
        remotePane.move(to: scene.remote ?? nowhere)
        remotePane.setStyle(style)
        remotePane.economy = steps.economy(rate: lineRate)
        ownPane.economy = remotePane.economy
        remotePane.setCovered(scene.remoteCovers)
        if wasRemote != (remotePane.region, remotePane.style) { isRemoteNew = true }
        let wasOwn = (ownPane.region, ownPane.style)
        ownPane.move(to: scene.own ?? nowhere)
        ownPane.setStyle(style)
        ownPane.setCovered(scene.covers)
        if wasOwn != (ownPane.region, ownPane.style) { isOwnNew = true }
    }

    /// How drawing went since the last call; nil until a second is over.
    mutating func statistics(at now: ContinuousClock.Instant) -> DrawingStatistics? {
        guard let since = measuredSince else {
            measuredSince = now
            return nil
        }
        let elapsed = (now - since) / .seconds(1)
        guard elapsed >= 1 else { return nil }
        defer {
            measuredSince = now
            frames = 0
            bytes = 0
            cpuNanoseconds = 0
        }
        return DrawingStatistics(
            framesPerSecond: Int((Double(frames) / elapsed).rounded()), kilobytesPerSecond: Int((Double(bytes) / elapsed / 1000).rounded()),
            cpuMillisecondsPerFrame: frames == 0 ? 0 : Double(cpuNanoseconds) / 1e6 / Double(frames))
    }
}
