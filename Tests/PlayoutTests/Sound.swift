import Wire

/// Measures of sound at 48 kHz.
enum Sound {
    static func tone(_ frequency: Double, samples: Int, amplitude: Double = 8000) -> [Int16] {
        (0..<samples).map { Int16(amplitude * sine(Double($0) * frequency / 48_000)) }
    }

    /// Something like a voice: harmonics of a pitch that wavers, with a loudness that rises and falls.
    static func voice(samples: Int, pitch: Double = 140) -> [Int16] {
        var phase = 0.0
        return (0..<samples).map { index in
            let time = Double(index) / 48_000
            phase += pitch * (1 + 0.08 * sine(time * 3)) / 48_000
            let loudness = 0.6 + 0.4 * sine(time * 4)
            let sum = (1...8).reduce(0.0) { $0 + sine(phase * Double($1)) / Double($1) }
            return Int16(3500 * loudness * sum)
        }
    }

    /// Periods a second, by upward zero crossings.
    static func frequency(_ sound: some Collection<Int16>) -> Double {
        let crossings = zip(sound, sound.dropFirst()).count { $0 < 0 && $1 >= 0 }
        return Double(crossings) / (Double(sound.count) / 48_000)
    }

    /// The greatest second difference: small for smooth sound, large where there is a click.
    static func roughness(_ sound: [Int16]) -> Int {
        var worst = 0
        for index in 2..<max(2, sound.count) {
            worst = max(worst, abs(Int(sound[index]) - 2 * Int(sound[index - 1]) + Int(sound[index - 2])))
        }
        return worst
    }
}
