import Foundation

/// Two people who talk, one of them in a ``Room`` with a speaker.
public struct Conversation: Sendable {
    /// Works on 10 ms: what is played, and what the microphone hears, in place.
    public typealias Canceller = (_ played: [Int16], _ heard: inout [Int16]) -> Void

    /// A canceller may learn for so long: 3 s.
    private static let learning = 3 * 48_000
    private static let block = 480

    public var far: [Int16]
    public var near: [Int16]

    public init(far: [Int16], near: [Int16]) {
        let count = min(far.count, near.count) / Self.block * Self.block
        self.far = Array(far.prefix(count))
        self.near = Array(near.prefix(count))
    }

    /// The same with the far end louder or quieter; what does not fit is cut off, as sound cards do.
    public func withFarEnd(gain: Double) -> Conversation {
        Conversation(far: far.map { Self.sample(Double($0) * gain) }, near: near)
    }

    /// Echo return loss enhancement: by how many decibels the echo is quieter behind the canceller, once it has learnt.
    public func echoReduction(in room: Room, _ canceller: Canceller) -> Double {
        let heard = microphone(in: room, isNearSpeaking: false)
        let sent = process(heard, playing: far, canceller)
        return Self.decibels(heard[Self.learning...]) - Self.decibels(sent[Self.learning...])
    }

    /// By how many decibels the near voice is louder while both talk than alone; less than 0 is quieter.
    public func nearVoiceChange(in room: Room, both: Canceller, alone: Canceller) -> Double {
        let together = process(microphone(in: room, isNearSpeaking: true), playing: far, both)
        let single = process(near, playing: [Int16](repeating: 0, count: near.count), alone)
        var energies = (together: 0.0, single: 0.0)
        for start in stride(from: Self.learning, to: near.count, by: Self.block) {
            let range = start..<(start + Self.block)
            // Pauses say nothing of the voice.
            guard Self.decibels(near[range]) > -40 else { continue }
            energies.together += Self.energy(together[range])
            energies.single += Self.energy(single[range])
        }
        return 10 * log10((energies.together + 1) / (energies.single + 1))
    }

    private func microphone(in room: Room, isNearSpeaking: Bool) -> [Int16] {
        var noise = Noise(seed: 3)
        return zip(room.echo(of: far), near).map { echo, near in Self.sample(echo + (isNearSpeaking ? Double(near) : 0) + noise.next() * 3)
        }
    }

    private func process(_ heard: [Int16], playing played: [Int16], _ canceller: Canceller) -> [Int16] {
        var sent: [Int16] = []
        for start in stride(from: 0, to: heard.count, by: Self.block) {
            var samples = Array(heard[start..<(start + Self.block)])
            canceller(Array(played[start..<(start + Self.block)]), &samples)
            sent += samples
        }
        return sent
    }

    private static func sample(_ value: Double) -> Int16 { Int16(max(-32_768, min(32_767, value.rounded()))) }

    private static func energy(_ samples: ArraySlice<Int16>) -> Double { samples.reduce(0) { $0 + Double($1) * Double($1) } }

    /// RMS relative to full scale.
    private static func decibels(_ samples: ArraySlice<Int16>) -> Double {
        10 * log10(energy(samples) / Double(max(1, samples.count)) / (32_768 * 32_768) + 1e-12)
    }
}
