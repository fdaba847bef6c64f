/// Decodes the payloads of one audio stream, in the order in which they are played, to mono sound at 48 kHz.
public protocol AudioDecoding {
    /// Decodes one payload to all the samples that it holds.
    mutating func decode(_ payload: [UInt8]) throws -> [Int16]

    /// The `samples` before `payload`, which were lost, from the copy that `payload` carries of them.
    ///
    /// - Parameter samples: a multiple of 120 (2.5 ms), up to 5760.
    mutating func decodeFEC(_ payload: [UInt8], samples: Int) throws -> [Int16]

    /// Sound that goes on from what was decoded last, for `samples` that are missing; comfort noise after a silence was announced.
    ///
    /// - Parameter samples: a multiple of 120 (2.5 ms), up to 5760.
    mutating func conceal(samples: Int) throws -> [Int16]

    /// How many samples `payload` decodes to; 0 if it cannot be decoded.
    func duration(of payload: [UInt8]) -> Int

    /// Whether `payload` carries a copy of what came before it.
    func hasFEC(_ payload: [UInt8]) -> Bool
}
