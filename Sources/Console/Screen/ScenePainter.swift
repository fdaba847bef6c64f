import TerminalIO
import TerminalVideo

/// Paints scenes and the pictures in them, and measures what that costs.
struct ScenePainter {
    private var remotePicture: (any Picture)?
    private var ownPicture: (any Picture)?
    private var isRemoteNew = false
    private var isOwnNew = false
    /// Whether a part of the other side's picture is still to be painted for the first time.
    private var isRemoteUnfinished = false
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

    /// What of the chrome is still to be sent, before anything else is painted.
    private(set) var chromeLeft: [UInt8] = []

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
        chromeLeft = []
        remotePane.invalidate()
        ownPane.invalidate()
    }

    /// Whether it is time for another picture; if not, ``deadline`` says when.
    mutating func mayShow(at now: ContinuousClock.Instant) -> Bool {
        deadline = nil
        guard let shownAt else { return true }
        if isUnfinished, now - shownAt < PictureSteps.longestPainting { return false }
        let next = shownAt + .seconds(1) / framesPerSecond
        if now >= next { return true }
        deadline = next
        return false
    }

    mutating func takePictures(from inbox: ConsoleInbox) {
        switch inbox.takeRemote() {
        case .none: break
        case .new(let picture, let skipped):
            remotePicture = picture
            isRemoteNew = true
            steps.picturesCame(1 + skipped)
        case .gone: remotePicture = nil
        }
        switch inbox.takeOwn() {
        case .none: break
        case .new(let picture, _):
            ownPicture = picture
            isOwnNew = true
        case .gone: ownPicture = nil
        }
    }

    /// What of the chrome is sent at once: what the line takes in a twentieth of a second. On a slow one a dialog appears row by row, but the
    /// first of them soon.
    private static func chromePiece(_ terminal: Terminal) -> Int { max(terminal.lineRate / 20, 400) }

    /// The next piece of the chrome that is left.
    mutating func takeChrome(_ terminal: Terminal) -> [UInt8] {
        defer { chromeLeft.removeFirst(min(chromeLeft.count, piece(terminal))) }
        return Array(chromeLeft.prefix(piece(terminal)))
    }

    /// As far as the last place where a cursor move begins; what goes on there does not depend on what pictures leave behind.
    private func piece(_ terminal: Terminal) -> Int {
        let most = Self.chromePiece(terminal)
        guard chromeLeft.count > most else { return chromeLeft.count }
        func isMove(_ index: Int) -> Bool {
            guard chromeLeft[index] == 0x1B, index + 1 < chromeLeft.count, chromeLeft[index + 1] == UInt8(ascii: "[") else { return false }
            return chromeLeft[(index + 2)...].first { $0 >= 0x40 } == UInt8(ascii: "H")
        }
        return (1...most).last(where: isMove) ?? (most..<chromeLeft.count).first(where: isMove) ?? chromeLeft.count
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
            self.scene = scene
            if hasNewScene {
                chromeLeft = chrome.paint(scene)
                output = takeChrome(terminal)
            }
        }
        guard let scene else { return output }
        arrange(scene, style: steps.style, lineRate: terminal.lineRate)
        var isDue = isUnfinished || hasNewScene
        if scene.remote != nil, isRemoteNew, let picture = remotePicture {
            isRemoteNew = false
            isDue = true
            shownAt = now
            isRemoteUnfinished = true
            picture.withPictureView { remotePane.show($0) }
        }
        if scene.own != nil, isOwnNew, let picture = ownPicture {
            isOwnNew = false
            isDue = true
            if scene.remote == nil { shownAt = now }
            picture.withPictureView { ownPane.show($0) }
        }
        let room = output.isEmpty ? limit : limit < Self.slowPiece || !chromeLeft.isEmpty ? 0 : limit - output.count
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
        if isRemoteUnfinished, isRemotePainted {
            isRemoteUnfinished = false
            frames += 1
            steps.pictureFinished()
        }
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
