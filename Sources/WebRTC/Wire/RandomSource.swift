/// Where a machine's randomness comes from: the operating system's generator, or a seed that makes a run repeatable.
public struct RandomSource: RandomNumberGenerator, Sendable {
    private enum Generator: Sendable {
        case system
        case seeded(UInt64)
    }

    private var generator: Generator

    /// Cryptographically secure randomness.
    public static let system = RandomSource(generator: .system)

    /// The same values for the same seed: for simulations, never for secrets.
    public static func seeded(_ seed: UInt64) -> RandomSource {
        RandomSource(generator: .seeded(seed))
    }

    /// A source of the same kind, whose values have nothing to do with this one's.
    public mutating func fork() -> RandomSource {
        switch generator {
        case .system: .system
        case .seeded: .seeded(next())
        }
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014) when seeded.
    public mutating func next() -> UInt64 {
        switch generator {
        case .system:
            var system = SystemRandomNumberGenerator()
            return system.next()
        case .seeded(let state):
            let advanced = state &+ 0x9e37_79b9_7f4a_7c15
            generator = .seeded(advanced)
            var z = advanced
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
    }

    public mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 32) }
    }

    /// `count` characters of `A-Z a-z 0-9 + /`, the ice-char set of RFC 8839: six bits of randomness each.
    public mutating func iceCharacters(_ count: Int) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        return String((0..<count).map { _ in alphabet[Int(next() >> 58)] })
    }
}
