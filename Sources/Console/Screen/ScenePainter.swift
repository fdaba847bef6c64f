import TerminalIO
import TerminalVideo

/// Paints scenes and the pictures in them, and measures what that costs.
package struct ScenePainter {
    private var remotePicture: (any Picture)?
    private var ownPicture: (any Picture)?
    private var isRemoteNew = false
    private var isOwnNew = false
    /// Whether the newest picture of the other side has not been painted whole.
    private var isRemotePartial = false
    private let remotePane = PicturePane(region: CellRect(column: 0, row: 0, columns: 0, rows: 0), style: PictureStyle())
    private let ownPane = PicturePane(
        region: CellRect(column: 0, row: 0, columns: 0, rows: 0), style: PictureStyle(), firstImage: 1 << 25)
    private var stream = PictureStream()
    private var isStateChanged = true
    private var scene: Scene?
    private var shownAt: ContinuousClock.Instant?
    /// When a picture that came too early may be shown.
    private var nextPicture: ContinuousClock.Instant?

    /// When what is shown nearly right is repaired, unless a newer picture comes first.
    private var repairDue: ContinuousClock.Instant?

    /// Whether there is more to paint at once.
    private var isUnfinished: Bool { ownPane.isUnfinished || remotePane.isUnfinished }

    /// What of the chrome is still to be sent, before anything else is painted.
    private var chromeLeft: [UInt8] = []

    /// What pictures are drawn with.
    private var steps = PictureSteps()
    private var framesPerSecond = 60

    private var frames = 0
    private var bytes = 0
    private var cpuNanoseconds: Int64 = 0
    private var measuredSince: ContinuousClock.Instant?

    package init() {}

    /// What pictures are drawn with less of than was chosen, because the line takes no more; nil where nothing is.
    package var reduction: PictureReduction? { steps.reduction }
    package var hasRemote: Bool { remotePicture != nil }
    package var hasOwn: Bool { ownPicture != nil }

    package mutating func stateChanged() { isStateChanged = true }

    /// What was painted is no longer on the screen.
    package mutating func invalidate() {
        scene = nil
        chromeLeft = []
        remotePane.invalidate()
        ownPane.invalidate()
    }

    /// Whether it is time for another picture; if not, ``deadline`` says when.
    private mutating func mayShow(at now: ContinuousClock.Instant) -> Bool {
        nextPicture = nil
        guard let shownAt else { return true }
        if isUnfinished, now - shownAt < PictureSteps.longestPainting { return false }
        let next = shownAt + .seconds(1) / framesPerSecond
        if now >= next { return true }
        nextPicture = next
        return false
    }

    /// Takes the newest pictures if the terminal may be sent one. Until then they stay in the inbox, and are replaced there by newer ones.
    package mutating func takePictures(from inbox: ConsoleInbox, for terminal: some PaintedTerminal, at now: ContinuousClock.Instant) {
        guard terminal.pictureAllowance(at: now) > 0, mayShow(at: now) else { return }
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
    private static func chromePiece(_ line: PaintedLine) -> Int { max(line.rate / 20, 400) }

    /// The next piece of the chrome that is left.
    private mutating func takeChrome(_ line: PaintedLine) -> [UInt8] {
        let count = piece(line)
        defer { chromeLeft.removeFirst(count) }
        return Array(chromeLeft.prefix(count))
    }

    /// As far as the last place where a cursor move begins; what goes on there does not depend on what pictures leave behind.
    private func piece(_ line: PaintedLine) -> Int {
        let most = Self.chromePiece(line)
        guard chromeLeft.count > most else { return chromeLeft.count }
        func isMove(_ index: Int) -> Bool {
            guard chromeLeft[index] == 0x1B, index + 1 < chromeLeft.count, chromeLeft[index + 1] == UInt8(ascii: "[") else { return false }
            return chromeLeft[(index + 2)...].first { $0 >= 0x40 } == UInt8(ascii: "H")
        }
        return (1...most).last(where: isMove) ?? (most..<chromeLeft.count).first(where: isMove) ?? chromeLeft.count
    }

    /// Where pictures go on a line that takes so little, what a key does goes before them, alone: they would hold it up.
    private static let slowPiece = 16_384

    /// Sends the terminal what it may have of what it does not show yet.
    ///
    /// - Parameter isUrgent: whether someone waits to see a change of the state: that goes out at once, others when the line is free.
    /// - Returns: whether the state was painted.
    package mutating func paint(
        _ state: ConsoleState, on terminal: some PaintedTerminal, chrome: Chrome, isUrgent: Bool, at now: ContinuousClock.Instant
    ) -> Bool {
        let allowance = terminal.pictureAllowance(at: now)
        let line = terminal.line(at: now)
        // What was begun is brought to an end first.
        guard chromeLeft.isEmpty else {
            if allowance > 0 { terminal.sendFrame(takeChrome(line)) }
            return false
        }
        guard allowance > 0 || isStateChanged && (isUrgent ? terminal.isFlushed : terminal.hasRoom) else { return false }
        let bytes = frame(state, line: line, chrome: chrome, limit: allowance, at: now)
        if !bytes.isEmpty { terminal.sendFrame(bytes) }
        return true
    }

    /// When there is something to paint, if nothing else happens.
    package func deadline(for terminal: some PaintedTerminal, at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard terminal.pictureAllowance(at: now) > 0 else { return nextPicture }
        return isUnfinished || !chromeLeft.isEmpty ? now : [nextPicture, repairDue].compactMap { $0 }.min()
    }

    /// The bytes of the next frame: the chrome's, then the pictures'; empty if the screen shows all.
    ///
    /// - Parameter limit: how many bytes the pictures may take; 0 leaves them out.
    private mutating func frame(
        _ state: ConsoleState, line: PaintedLine, chrome: Chrome, limit: Int, at now: ContinuousClock.Instant
    ) -> [UInt8] {
        let start = CPUClock.nanoseconds()
        var output: [UInt8] = []
        framesPerSecond = line.mostFramesPerSecond
        _ = steps.review(line, at: now)
        var style = state.style
        style.cellAspect = line.cellAspect
        style.sixel = line.sixel
        steps.choose(style)
        var hasNewScene = false
        if isStateChanged || scene == nil {
            isStateChanged = false
            let scene = ConsoleView.scene(of: state, at: now)
            hasNewScene = scene != self.scene
            self.scene = scene
            if hasNewScene {
                chromeLeft = chrome.paint(scene)
                output = takeChrome(line)
            }
        }
        guard let scene else { return output }
        arrange(scene, style: steps.style, lineRate: line.rate)
        if scene.remote != nil, isRemoteNew, let picture = remotePicture {
            isRemoteNew = false
            shownAt = now
            isRemotePartial = true
            picture.withPictureView { remotePane.show($0) }
        }
        if scene.own != nil, isOwnNew, let picture = ownPicture {
            isOwnNew = false
            if scene.remote == nil { shownAt = now }
            picture.withPictureView { ownPane.show($0) }
        }
        let room = output.isEmpty ? limit : limit < Self.slowPiece || !chromeLeft.isEmpty ? 0 : limit - output.count
        stream.removeAll()
        if isUnfinished || repairDue.map({ now >= $0 }) ?? false { paintPictures(scene, limit: max(0, room), at: now) }
        output += stream.bytes
        bytes += output.count
        cpuNanoseconds += CPUClock.nanoseconds() - start
        return output
    }

    private mutating func paintPictures(_ scene: Scene, limit: Int, at now: ContinuousClock.Instant) {
        guard limit > 0 else { return }
        let isRepairing = !isUnfinished
        // The own picture first: it is small, and must not starve behind the large one on a slow line.
        if isRepairing || ownPane.isUnfinished { ownPane.paint(into: &stream, limit: limit / 3) }
        let left = max(1, limit - stream.bytes.count)
        if isRepairing || remotePane.isUnfinished {
            let isPainted = remotePane.paint(into: &stream, limit: left)
            if isPainted, isRemotePartial {
                isRemotePartial = false
                frames += 1
                steps.pictureFinished(tolerance: remotePane.tolerance)
            }
        }
        stream.close()
        let isExact = (scene.own == nil || ownPane.lastPaint.isExact) && (scene.remote == nil || remotePane.lastPaint.isExact)
        repairDue = isExact ? nil : now + PictureSteps.repairDelay
    }

    /// Puts the panes where the scene wants them.
    private mutating func arrange(_ scene: Scene, style: PictureStyle, lineRate: Int) {
        let nowhere = CellRect(column: 0, row: 0, columns: 0, rows: 0)
        let wasRemote = (remotePane.region, remotePane.style, remotePane.covered)
        var remote = scene.remote ?? nowhere
        // Behind an image the cursor may go to the next row, and at the end of the screen that scrolls it.
        if style.glyphs == .sixel { remote = remote.intersection(CellRect(column: 0, row: 0, columns: .max, rows: scene.canvas.rows - 1)) }
        remotePane.move(to: remote)
        remotePane.setStyle(style)
        let cells = (remote: scene.remote.map { $0.columns * $0.rows } ?? 0, own: scene.own.map { $0.columns * $0.rows } ?? 0)
        let share = Double(cells.own) / Double(max(cells.remote + cells.own, 1))
        remotePane.economy = steps.economy(rate: lineRate, share: 1 - share)
        ownPane.economy = steps.economy(rate: lineRate, share: share)
        remotePane.setCovered(scene.remoteCovers)
        if wasRemote.0 != remotePane.region || wasRemote.1 != remotePane.style { isRemoteNew = true }
        // Pixels have other places then.
        if style.glyphs.isPixels, wasRemote.2 != remotePane.covered { isRemoteNew = true }
        let wasOwn = (ownPane.region, ownPane.style, ownPane.covered)
        ownPane.move(to: scene.own ?? nowhere)
        ownPane.setStyle(style)
        ownPane.setCovered(scene.covers)
        if wasOwn.0 != ownPane.region || wasOwn.1 != ownPane.style { isOwnNew = true }
        if style.glyphs.isPixels, wasOwn.2 != ownPane.covered { isOwnNew = true }
    }

    /// How drawing went since the last call; nil until a second is over.
    package mutating func statistics(at now: ContinuousClock.Instant) -> DrawingStatistics? {
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
