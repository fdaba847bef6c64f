import SDP
import Testing
import Wire

/// Real descriptions damaged at random: nothing traps, and what still parses prints to a fixpoint and can be negotiated or refused.
@Suite struct MutationTests {
    @Test(arguments: 0..<16) func damagedDescriptions(_ seed: UInt64) throws {
        var random = RandomSource.seeded(seed)
        let own = try Fixtures.offerText()
        for _ in 0..<25 {
            let golden = Golden.all.randomElement(using: &random)?.text ?? own
            let text = mutate(golden, &random)
            guard let description = try? SessionDescription(parsing: text) else { continue }
            let printed = description.description
            #expect(try SessionDescription(parsing: printed).description == printed)
            negotiate(description)
        }
    }

    /// Everything that a remote description reaches, errors allowed.
    private func negotiate(_ description: SessionDescription) {
        var callee = Fixtures.caller(2, polite: true)
        if (try? callee.setRemote(.offer, description)) != nil, let answer = try? callee.createAnswer(Fixtures.transport(2)) {
            _ = try? callee.setLocal(.answer, answer)
            _ = callee.disposition(ofCandidateFor: "0", mLineIndex: 7, usernameFragment: nil)
            if let offer = try? callee.createOffer(Fixtures.transport(2)) { _ = try? callee.setLocal(.offer, offer) }
            _ = try? callee.setRemote(.offer, description)
            _ = try? callee.rollback()
        }
        var caller = Fixtures.caller(1)
        if let offer = try? caller.createOffer(Fixtures.transport(1)), (try? caller.setLocal(.offer, offer)) != nil {
            _ = try? caller.setRemote(.answer, description)
            _ = caller.negotiationNeeded
        }
    }

    private func mutate(_ text: String, _ random: inout RandomSource) -> String {
        var lines = text.split(separator: "\r\n").map { Array($0.utf8) }
        for _ in 0..<Int.random(in: 1...6, using: &random) where !lines.isEmpty {
            let index = Int.random(in: 0..<lines.count, using: &random)
            let other = Int.random(in: 0..<lines.count, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: lines.remove(at: index)
            case 1: lines.insert(lines[other], at: index)
            case 2: lines.swapAt(index, other)
            case 3: lines[index] = Array(lines[index].prefix(Int.random(in: 0...lines[index].count, using: &random)))
            case 4: lines[index].append(contentsOf: lines[other].suffix(8))
            case 5:
                // Another number in place of the last: out of range as often as not.
                while let last = lines[index].last, (0x30...0x39).contains(last) { lines[index].removeLast() }
                let numbers: [UInt64] = [0, 1, 127, 128, 255, 256, 65_536, 4_294_967_296, .max]
                lines[index].append(contentsOf: Array(String(numbers.randomElement(using: &random) ?? 0).utf8))
            default:
                guard !lines[index].isEmpty else { continue }
                let position = Int.random(in: 0..<lines[index].count, using: &random)
                lines[index][position] = UInt8.random(in: 0...255, using: &random)
            }
        }
        let ending = Bool.random(using: &random) ? "\r\n" : "\n"
        return String(decoding: Array(lines.joined(separator: ending.utf8)), as: UTF8.self)
    }
}

extension Fixtures {
    static func offerText() throws -> String {
        var session = caller()
        return try session.createOffer(transport(1)).description
    }
}
