import Glibc

/// The structural similarity of two pictures (Wang et al. 2004): Gaussian window of sigma 1.5 over 11 x 11 samples, borders left out.
enum Similarity {
    private static let radius = 5
    private static let kernel: [Float] = {
        let values = (-radius...radius).map { Float(exp(-Double($0 * $0) / 4.5)) }
        return values.map { $0 / values.reduce(0, +) }
    }()

    static func ssim(_ left: Image, _ right: Image) -> Double {
        let meanL = blurred(left.samples, left)
        let meanR = blurred(right.samples, left)
        let squareL = blurred(zip(left.samples, left.samples).map { $0 * $1 }, left)
        let squareR = blurred(zip(right.samples, right.samples).map { $0 * $1 }, left)
        let product = blurred(zip(left.samples, right.samples).map { $0 * $1 }, left)
        let c1: Float = 2.55 * 2.55
        let c2: Float = 7.65 * 7.65
        var sum = 0.0
        for row in radius..<(left.height - radius) {
            for column in radius..<(left.width - radius) {
                let index = row * left.width + column
                let (l, r) = (meanL[index], meanR[index])
                let varianceL = squareL[index] - l * l
                let varianceR = squareR[index] - r * r
                let covariance = product[index] - l * r
                sum += Double((2 * l * r + c1) * (2 * covariance + c2) / ((l * l + r * r + c1) * (varianceL + varianceR + c2)))
            }
        }
        return sum / Double((left.height - 2 * radius) * (left.width - 2 * radius))
    }

    /// Right within the borders; what is nearer to an edge than the window reaches is not read.
    private static func blurred(_ samples: [Float], _ image: Image) -> [Float] {
        let width = image.width
        var across = [Float](repeating: 0, count: samples.count)
        var result = across
        samples.withUnsafeBufferPointer { samples in
            across.withUnsafeMutableBufferPointer { across in
                result.withUnsafeMutableBufferPointer { result in
                    for (offset, weight) in kernel.enumerated() {
                        let shift = offset - radius
                        for index in radius..<(samples.count - radius) { across[index] += weight * samples[index + shift] }
                    }
                    for (offset, weight) in kernel.enumerated() {
                        let shift = (offset - radius) * width
                        for index in (radius * width)..<(samples.count - radius * width) { result[index] += weight * across[index + shift] }
                    }
                }
            }
        }
        return result
    }
}
