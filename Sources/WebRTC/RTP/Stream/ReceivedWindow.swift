/// Which of the newest packets have come, so that none is handed on twice.
struct ReceivedWindow: Sendable {
    enum Result: Equatable {
        case new
        case duplicate
        /// Older than the window reaches: whether it had come is no longer known.
        case tooOld
    }

    /// How far back the window reaches: twice what a retransmission may be late. A power of two.
    static let size: Int64 = 2048

    private var bits = [UInt64](repeating: 0, count: Int(size / 64))
    private var newest: Int64?

    mutating func insert(_ sequenceNumber: Int64) -> Result {
        guard let newest else {
            newest = sequenceNumber
            set(sequenceNumber, true)
            return .new
        }
        if sequenceNumber > newest {
            if sequenceNumber - newest >= Self.size {
                for index in bits.indices { bits[index] = 0 }
            } else {
                for skipped in (newest + 1)..<sequenceNumber { set(skipped, false) }
            }
            self.newest = sequenceNumber
        } else if newest - sequenceNumber >= Self.size {
            return .tooOld
        } else if contains(sequenceNumber) {
            return .duplicate
        }
        set(sequenceNumber, true)
        return .new
    }

    func contains(_ sequenceNumber: Int64) -> Bool {
        guard let newest, sequenceNumber <= newest, newest - sequenceNumber < Self.size else { return false }
        let (word, bit) = place(sequenceNumber)
        return bits[word] >> bit & 1 != 0
    }

    mutating func removeAll() { self = ReceivedWindow() }

    private mutating func set(_ sequenceNumber: Int64, _ value: Bool) {
        let (word, bit) = place(sequenceNumber)
        bits[word] = value ? bits[word] | 1 << bit : bits[word] & ~(1 << bit)
    }

    private func place(_ sequenceNumber: Int64) -> (word: Int, bit: UInt64) {
        let index = sequenceNumber & (Self.size - 1)
        return (Int(index >> 6), UInt64(index & 63))
    }
}
