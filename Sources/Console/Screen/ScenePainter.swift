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

    /// Whether the last painting was cut short, so that there is more to paint at once.
    private(set) var isUnfinished = false

    private var frames = 0
    private var bytes = 0
    private var cpuNanoseconds: Int64 = 0
    private var measuredSince: ContinuousClock.Instant?

    var hasRemote: Bool { remotePicture != nil }
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
        let next = shownAt + .seconds(1) / Console.mostFramesPerSecond
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

    /// The bytes of the next frame: the chrome's, then the pictures'; empty if the screen shows all.
    ///
    /// - Parameter limit: how many bytes the pictures may take; 0 leaves them out.
    mutating func paint(
        _ state: ConsoleState, style: PictureStyle, chrome: Chrome, limit: Int, at now: ContinuousClock.Instant
    ) -> [UInt8] {
        let start = CPUClock.nanoseconds()
        var output: [UInt8] = []
        if isStateChanged || scene == nil {
            isStateChanged = false
            let scene = ConsoleView.scene(of: state, at: now)
            arrange(scene, style: style)
            if scene != self.scene { output = chrome.paint(scene) }
            self.scene = scene
        }
        guard let scene else { return output }
        if scene.remote != nil, isRemoteNew, let picture = remotePicture {
            isRemoteNew = false
            shownAt = now
            frames += 1
            picture.withPictureView { remotePane.show($0) }
        }
        if scene.own != nil, isOwnNew, let picture = ownPicture {
            isOwnNew = false
            if scene.remote == nil { shownAt = now }
            picture.withPictureView { ownPane.show($0) }
        }
        stream.removeAll()
        // The own picture first: it is small, and must not starve behind the large one on a slow line.
        let isOwnPainted = scene.own == nil || ownPane.paint(into: &stream, limit: limit / 2)
        let left = limit == 0 ? 0 : max(1, limit - stream.bytes.count)
        let isRemotePainted = scene.remote == nil || remotePane.paint(into: &stream, limit: left)
        isUnfinished = !isOwnPainted || !isRemotePainted
        stream.close()
        output += stream.bytes
        bytes += output.count
        cpuNanoseconds += CPUClock.nanoseconds() - start
        return output
    }

    /// Puts the panes where the scene wants them.
    private mutating func arrange(_ scene: Scene, style: PictureStyle) {
        let nowhere = CellRect(column: 0, row: 0, columns: 0, rows: 0)
        let wasRemote = (remotePane.region, remotePane.style)
        remotePane.move(to: scene.remote ?? nowhere)
        remotePane.setStyle(style)
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
