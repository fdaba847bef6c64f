import Codecs
import Glibc
import Synchronization

private struct Key: Hashable {
    var index: Int
    var width: Int
    var height: Int
    var noise: Int
}

private let drawn = Mutex<[Key: I420Buffer]>([:])

/// A moving picture with detail: gradients, a texture, and a disc that goes round, again from the start after 16 pictures.
func picture(_ index: Int, width: Int = 320, height: Int = 240, noise: Int = 0) throws -> VideoFrame {
    let key = Key(index: index % 16, width: width, height: height, noise: noise)
    let known = drawn.withLock { $0[key] }
    let buffer = try known ?? draw(key.index, width: width, height: height, noise: noise)
    drawn.withLock { $0[key] = buffer }
    return VideoFrame(buffer: buffer, timestamp: .milliseconds(index * 33))
}

private func draw(_ index: Int, width: Int, height: Int, noise: Int) throws -> I420Buffer {
    let buffer = try I420Buffer(width: width, height: height)
    let (centreX, centreY) = (width / 3 + index * width / 60, height / 2 + (index - 8) * height / 80)
    let radius = min(width, height) / 5
    var state = UInt32(truncatingIfNeeded: index &* 7919 &+ 1)
    buffer.withMutablePlanes { y, u, v in
        for row in 0..<y.height {
            let samples = y.row(row)
            for column in 0..<y.width {
                let (dx, dy) = (column - centreX, row - centreY)
                var value = 40 + (column + index) * 120 / (width + 300) + ((row / 8 + column / 8) % 2) * 24
                if dx * dx + dy * dy < radius * radius { value = 200 }
                if noise > 0 {
                    state = state &* 1_664_525 &+ 1_013_904_223
                    value += Int(state >> 16) % noise
                }
                samples[column] = UInt8(clamping: value)
            }
        }
        for row in 0..<u.height {
            let (uRow, vRow) = (u.row(row), v.row(row))
            for column in 0..<u.width {
                uRow[column] = UInt8(clamping: 96 + column * 64 / u.width)
                vRow[column] = UInt8(clamping: 96 + row * 64 / u.height)
            }
        }
    }
    return buffer
}

/// Signal to noise ratio of the luma in decibels.
func psnr(_ left: I420Buffer, _ right: I420Buffer) -> Double {
    left.withPlanes { leftY, _, _ in
        right.withPlanes { rightY, _, _ in
            var sum = 0
            for row in 0..<leftY.height {
                for (a, b) in zip(leftY.row(row), rightY.row(row)) {
                    sum += (Int(a) - Int(b)) * (Int(a) - Int(b))
                }
            }
            let mean = Double(sum) / Double(leftY.width * leftY.height)
            return mean == 0 ? 100 : 10 * log10(255 * 255 / mean)
        }
    }
}
