public import Codecs
import Glibc
import Synchronization

/// The picture of the test source: someone who sits before a bookshelf, talks, blinks and sways, with a ``TestStamp`` above.
///
/// Wall, body, head, eyes and mouth are painted once; a frame is made by copying them to where they are at its time.
public final class TestPicture: Sendable {
    /// Steps of the eyelids and of the mouth.
    private static let eyeSteps = 4
    private static let mouthSteps = 8
    /// Places that the eyes look at.
    private static let gazes: [Float] = [-1, 0, 1]

    /// In pixels.
    public let width: Int
    public let height: Int

    private let unit: Float
    private let wall: Sprite
    private let wallMargin: Int
    private let head: Sprite
    private let body: Sprite
    private let eyes: [Sprite]
    private let mouths: [Sprite]

    /// Paints the parts, which takes a few hundredths of a second.
    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        let unit = min(0.27 * Float(height), 0.4 * Float(width))
        self.unit = unit
        wallMargin = width / 16 * 2
        wall = Sprite(width: width + wallMargin, height: height) { x, y in
            Bookshelf.paint(x / Float(height), y / Float(height))
        }
        head = Self.sprite(Portrait.headBounds, unit) { Portrait().head($0, $1, scale: $2) }
        body = Self.sprite(Portrait.bodyBounds, unit) { Portrait().body($0, $1, scale: $2) }
        eyes = (0..<Self.eyeSteps * Self.gazes.count).map { index in
            let portrait = Portrait(
                eyes: Float(index / Self.gazes.count) / Float(Self.eyeSteps - 1), gaze: Self.gazes[index % Self.gazes.count])
            return Self.sprite(Portrait.eyeBounds, unit) { portrait.head($0, $1, scale: $2) }
        }
        mouths = (0..<Self.mouthSteps).map { step in
            let portrait = Portrait(mouth: Float(step) / Float(Self.mouthSteps - 1))
            return Self.sprite(Portrait.mouthBounds, unit) { portrait.head($0, $1, scale: $2) }
        }
    }

    private static let last = Mutex<TestPicture?>(nil)

    /// The picture of a format; the one painted last is kept, for sources that follow one another or run side by side.
    public static func picture(for format: TestVideoFormat) -> TestPicture {
        last.withLock { last in
            if let last, last.width == format.width, last.height == format.height { return last }
            let picture = TestPicture(width: format.width, height: format.height)
            last = picture
            return picture
        }
    }

    /// Draws what is seen at a time, without a stamp, on a picture of this size; on another size does nothing.
    ///
    /// - Parameter time: seconds since the source began.
    public func draw(on picture: I420Buffer, at time: Double) {
        guard picture.width == width, picture.height == height else { return }
        let pose = Pose(at: time)
        let pan = Int(Float(wallMargin) * (0.5 + 0.5 * pose.pan))
        wall.draw(on: picture, x: -min(max(pan, 0), wallMargin), y: 0)

        let middleX = Float(width) / 2
        let middleY = 0.47 * Float(height)
        place(body, Portrait.bodyBounds, x: middleX + pose.swayX * unit * 0.5, y: middleY + pose.breath * unit, on: picture)
        let x = middleX + pose.swayX * unit
        let y = middleY + pose.swayY * unit
        place(head, Portrait.headBounds, x: x, y: y, lean: pose.lean, on: picture)
        let lids = Int((pose.eyes * Float(Self.eyeSteps - 1)).rounded())
        place(eyes[lids * Self.gazes.count + pose.gaze], Portrait.eyeBounds, x: x, y: y, lean: pose.lean, on: picture)
        let open = Int((pose.mouth * Float(Self.mouthSteps - 1)).rounded())
        place(mouths[open], Portrait.mouthBounds, x: x, y: y, lean: pose.lean, on: picture)
    }

    private typealias Bounds = (left: Float, top: Float, right: Float, bottom: Float)

    /// Where a part begins, in pixels from the middle of the face: even, so that luma and chroma agree.
    private static func corner(_ bounds: Bounds, _ unit: Float) -> (x: Int, y: Int) {
        (Int((bounds.left * unit / 2).rounded(.down)) * 2, Int((bounds.top * unit / 2).rounded(.down)) * 2)
    }

    private static func sprite(_ bounds: Bounds, _ unit: Float, paint: (Float, Float, Float) -> Paint) -> Sprite {
        let corner = corner(bounds, unit)
        let width = max(2, Int((bounds.right * unit / 2).rounded(.up)) * 2 - corner.x)
        let height = max(2, Int((bounds.bottom * unit / 2).rounded(.up)) * 2 - corner.y)
        return Sprite(width: width, height: height) { x, y in
            paint((x + Float(corner.x)) / unit, (y + Float(corner.y)) / unit, unit / 2)
        }
    }

    private func place(_ part: Sprite, _ bounds: Bounds, x: Float, y: Float, lean: Float = 0, on picture: I420Buffer) {
        let corner = Self.corner(bounds, unit)
        // A head leans about its neck, a unit below the middle of the face.
        part.draw(on: picture, x: Int(x) + corner.x, y: Int(y) + corner.y, lean: -lean, leanStart: corner.y - Int(unit))
    }
}

/// How the person sits at a time.
private struct Pose {
    /// Of the wall: -1...1.
    var pan: Float
    /// Of the head, in units.
    var swayX: Float
    var swayY: Float
    /// Of the head, as a slope.
    var lean: Float
    /// Of the shoulders, in units.
    var breath: Float
    /// Eyelids, 0...1.
    var eyes: Float
    /// 0 left, 1 ahead, 2 right.
    var gaze: Int
    /// 0...1.
    var mouth: Float

    init(at time: Double) {
        func wave(_ period: Double, _ phase: Double = 0) -> Float {
            Float(sin(2 * Double.pi * (time / period + phase)))
        }
        pan = wave(11)
        swayX = 0.22 * wave(4.3) + 0.05 * wave(1.7)
        swayY = 0.05 * wave(3.1) + 0.02 * wave(0.9)
        lean = 0.08 * wave(5.3, 0.2)
        breath = 0.015 * wave(3.6)

        let sinceBlink = time - (time / 3.7).rounded(.down) * 3.7
        eyes = sinceBlink < 0.24 ? Float(abs(sinceBlink - 0.12) / 0.12) : 1
        gaze = wave(7.9) > 0.75 ? 0 : wave(7.9) < -0.75 ? 2 : 1

        // Syllables, louder and softer, with a breath between phrases.
        let phrase = min(max(wave(6.4) * 3 + 2, 0), 1)
        let stress = 0.65 + 0.35 * wave(1.3)
        mouth = phrase * stress * abs(wave(0.46)) * (0.8 + 0.2 * wave(0.31))
    }
}
