import Glibc

/// A human head and shoulders, in units of half the head's height around the middle of the face, x to the right and y down.
struct Portrait {
    /// What the head occupies.
    static let headBounds = (left: Float(-0.98), top: Float(-1.34), right: Float(0.98), bottom: Float(1.06))
    /// What the eyes change, within the face.
    static let eyeBounds = (left: Float(-0.56), top: Float(-0.26), right: Float(0.56), bottom: Float(0.06))
    /// What the mouth changes, within the face.
    static let mouthBounds = (left: Float(-0.36), top: Float(0.42), right: Float(0.36), bottom: Float(0.82))
    /// What neck and shoulders occupy, down to below the picture.
    static let bodyBounds = (left: Float(-1.8), top: Float(0.55), right: Float(1.8), bottom: Float(2.3))

    private static let skin = Colour(0.93, 0.72, 0.59)
    private static let hair = Colour(0.24, 0.14, 0.08)

    /// Of the eyelids: 0 closed, 1 open.
    var eyes: Float = 1
    /// Where the eyes look: -1 left, 1 right.
    var gaze: Float = 0
    /// 0 closed, 1 open.
    var mouth: Float = 0

    /// The head at a point.
    ///
    /// - Parameter scale: samples in a unit, by which edges are softened.
    func head(_ x: Float, _ y: Float, scale: Float) -> Paint {
        let face = faceCover(x, y, scale)
        let hairCover = outerHairCover(x, y, scale)
        guard face > 0 || hairCover > 0 else { return .clear }

        var paint = hairColour(x, y)
        let hairline = -0.58 + 0.5 * x * x + 0.05 * sinf(x * 17) * sinf(x * 5 + 1)
        let bare = face * cover(y - hairline, scale)
        if bare > 0 { paint.lay(skinColour(x, y, scale), bare) }
        return Paint(paint, opacity: face > hairCover ? face : hairCover)
    }

    private func faceCover(_ x: Float, _ y: Float, _ scale: Float) -> Float {
        let width = 0.75 - 0.13 * fmaxf(0, y)
        let ratio = fabsf(x) / width
        let radius = (ratio * ratio + y * y * fabsf(y).squareRoot()).squareRoot()
        let ears = 0.13 - ((fabsf(x) - 0.74) * (fabsf(x) - 0.74) + (y - 0.02) * (y - 0.02) * 0.35).squareRoot()
        return fmaxf(cover((1 - radius) * 0.8, scale), cover(ears, scale))
    }

    private func outerHairCover(_ x: Float, _ y: Float, _ scale: Float) -> Float {
        let dy = y + 0.22
        let radius = (x * x / 0.81 + dy * dy / 1.17).squareRoot()
        return fminf(cover((1 - radius) * 0.9, scale), cover(0.12 - y - 0.2 * fabsf(x), scale))
    }

    private func hairColour(_ x: Float, _ y: Float) -> Colour {
        let angle = atan2f(x - 0.1, -(y - 0.5))
        let strands = noise(angle * 45, (x * x + y * y) * 4)
        let gloss = bump(y + 0.95 + 0.3 * x * x, 0.16) * 0.22
        return Self.hair * (0.6 + 0.8 * strands) + Colour(1, 0.85, 0.7) * gloss * (0.4 + 0.6 * strands)
    }

    private func skinColour(_ x: Float, _ y: Float, _ scale: Float) -> Colour {
        let (nx, ny) = (x / 0.95, y / 1.15)
        let nz = fmaxf(0, 1 - nx * nx - ny * ny).squareRoot()
        let light = 0.58 + 0.45 * fmaxf(0, -0.35 * nx - 0.35 * ny + 0.87 * nz) + 0.05 * (noise(x * 24, y * 24) - 0.5)
        var paint = Self.skin * light
        let side = fabsf(x)
        paint.lay(Colour(0.86, 0.45, 0.4), 0.3 * bump(hypotf(side - 0.4, y - 0.28), 0.2))
        paint.lay(Self.skin * 0.62, 0.55 * bump(hypotf(side - 0.31, (y + 0.1) * 1.5), 0.2))
        nose(x, y, &paint)
        brows(x, y, scale, &paint)
        eye(x, y, scale, &paint)
        lips(x, y, scale, &paint)
        paint.lay(Self.skin * 0.5, 0.35 * bump(y - 1.02 + 0.25 * x * x, 0.12))
        return paint
    }

    private func nose(_ x: Float, _ y: Float, _ paint: inout Colour) {
        let along = bump(y - 0.08, 0.28)
        paint.lay(Colour(1, 0.87, 0.76), 0.45 * along * bump(x + 0.03, 0.06))
        paint.lay(Self.skin * 0.55, 0.4 * along * bump(x - 0.12, 0.06))
        paint.lay(Colour(1, 0.85, 0.75), 0.4 * bump(hypotf(x + 0.02, y - 0.27), 0.09))
        paint.lay(Self.skin * 0.45, 0.5 * bump(hypotf(x * 0.55, y - 0.39), 0.05))
        paint.lay(Colour(0.25, 0.1, 0.08), 0.85 * bump(hypotf(fabsf(x) - 0.085, (y - 0.355) * 1.6), 0.042))
    }

    private func brows(_ x: Float, _ y: Float, _ scale: Float, _ paint: inout Colour) {
        let dx = (fabsf(x) - 0.33) / 0.22
        guard fabsf(dx) < 1 else { return }
        let line = -0.33 - 0.07 * (1 - dx * dx) + (fabsf(x) - 0.33) * 0.08
        let thickness = 0.045 * (1 - dx * dx).squareRoot()
        paint.lay(Self.hair * (0.6 + 0.6 * noise(x * 90, y * 30)), 0.9 * cover(thickness - fabsf(y - line), scale))
    }

    private func eye(_ x: Float, _ y: Float, _ scale: Float, _ paint: inout Colour) {
        let dx = fabsf(x) - 0.32
        let along = 1 - (dx / 0.17) * (dx / 0.17)
        guard along > -0.2 else { return }
        // The upper lid comes down to the lower one.
        let lower = -0.1 + 0.055 * along
        let upper = lower - 0.135 * along * eyes
        let inside = fminf(cover(y - upper, scale), cover(lower - y, scale)) * cover(along * 0.1, scale)
        if inside > 0 {
            let irisX = dx - (x < 0 ? -gaze : gaze) * 0.055
            let radius = hypotf(irisX, y + 0.11)
            var ball = Colour(0.95, 0.94, 0.92)
            ball.lay(Colour(0.55, 0.5, 0.5), 0.6 * bump(y - upper, 0.03))
            ball.lay(Colour(0.18, 0.34, 0.46) * (0.7 + 0.6 * noise(atan2f(irisX, y + 0.11) * 8, 1)), cover(0.078 - radius, scale))
            ball.lay(Colour(0.03, 0.03, 0.04), cover(0.036 - radius, scale))
            ball.lay(Colour(1, 1, 1), cover(0.017 - hypotf(irisX + (x < 0 ? -0.025 : 0.025), y + 0.14), scale))
            paint.lay(ball, inside)
        }
        let lashes = cover(0.016 + 0.012 * along - fabsf(y - upper), scale) * cover((along + 0.05) * 0.2, scale)
        paint.lay(Colour(0.12, 0.07, 0.05), 0.9 * lashes)
        paint.lay(Self.skin * 0.55, 0.4 * cover(0.01 - fabsf(y - lower), scale) * cover(along * 0.1, scale))
    }

    private func lips(_ x: Float, _ y: Float, _ scale: Float, _ paint: inout Colour) {
        let width = 0.27 - 0.05 * mouth
        let along = 1 - (x / width) * (x / width)
        guard along > 0 else { return }
        let middle: Float = 0.575 + 0.02 * along
        let upper = middle - (0.004 + 0.05 * mouth) * along
        let lower = middle + (0.004 + 0.14 * mouth) * along
        let bow = 0.012 * bump(x, 0.04)
        let outer = fminf(y - (upper - 0.052 * along.squareRoot() + bow), lower + 0.06 * along.squareRoot() - y)
        let lip = Colour(0.74, 0.33, 0.32) * (y < middle ? 0.82 : 1) + Colour(grey: 0.12 * bump(y - lower - 0.035, 0.02))
        paint.lay(lip, 0.95 * cover(outer, scale))
        var cavity = Colour(0.2, 0.05, 0.06)
        cavity.lay(Colour(0.93, 0.91, 0.86), cover(upper + 0.055 * along - y, scale) * fminf(1, mouth * 4))
        cavity.lay(Colour(0.72, 0.3, 0.32), 0.9 * cover(y - lower + 0.065 * along, scale) * fminf(1, mouth * 2))
        paint.lay(cavity, cover(fminf(y - upper, lower - y), scale))
    }

    /// Neck and shoulders at a point.
    func body(_ x: Float, _ y: Float, scale: Float) -> Paint {
        let side = fabsf(x)
        let slope = 1.12 + 0.34 * fmaxf(0, side - 0.3) * fmaxf(0, side - 0.3) + 0.22 * fmaxf(0, side - 0.3)
        let edge = 1.66 - 0.3 * fmaxf(0, 1.75 - y) * fmaxf(0, 1.75 - y)
        let shirt = fminf(cover(y - slope, scale), cover(edge - side, scale))
        let neck = cover(0.36 + 0.12 * fmaxf(0, y - 0.95) - side, scale) * cover(1.5 - y, scale)
        guard shirt > 0 || neck > 0 else { return .clear }

        let shadow = 0.42 + 0.4 * limit((y - 0.85) / 0.5) - 0.15 * x
        var paint = Self.skin * (shadow + 0.04 * noise(x * 24, y * 24))
        let collar = side - (1.52 - y) * 0.62
        let dressed = shirt * fmaxf(cover(collar, scale), cover(y - 1.5, scale))
        paint.lay(shirtColour(x, y, scale), dressed)
        return Paint(paint, opacity: shirt > neck ? shirt : neck)
    }

    private func shirtColour(_ x: Float, _ y: Float, _ scale: Float) -> Colour {
        let fold = 0.8 + 0.25 * noise(x * 3 + y, y * 2.5) - 0.12 * x
        var paint = Colour(0.16, 0.3, 0.46)
        let (column, row) = (x / 0.19 - floorf(x / 0.19), y / 0.19 - floorf(y / 0.19))
        paint.lay(Colour(0.62, 0.2, 0.18), 0.6 * cover((0.09 - fabsf(column - 0.3)) * 0.19, scale))
        paint.lay(Colour(0.85, 0.8, 0.68), 0.6 * cover((0.07 - fabsf(row - 0.5)) * 0.19, scale))
        paint.lay(Colour(0.05, 0.1, 0.18), 0.5 * cover((0.03 - fabsf(column - 0.75)) * 0.19, scale))
        paint.lay(Colour(0.1, 0.12, 0.2), 0.7 * cover(0.012 - fabsf(x - 0.03), scale) * cover(y - 1.5, scale))
        let button = hypotf(x - 0.03, y - 0.33 * roundf(y / 0.33))
        paint.lay(Colour(0.9, 0.88, 0.8), cover(0.028 - button, scale) * cover(y - 1.6, scale))
        let weave = 0.06 * (noise(x * 70, y * 70) - 0.5)
        return paint * fold + Colour(grey: weave)
    }
}
