import Foundation

/// The newest connection of a page, as its `getStats()` sees it.
struct WebStatistics: Decodable, Sendable {
    /// In milliseconds.
    var timestamp: Double
    var framesDecoded: Int?
    var framesEncoded: Int?
    var frameWidth: Int?
    var sentWidth: Int?
    /// The sum of the squared level, over seconds.
    var audioEnergy: Double?
    var audioDuration: Double?
    /// Of the sound that came, without headers: copies of earlier packets (RFC 2198) count, which Chromium has no counter for.
    var audioBytes: Int?
    var audioPackets: Int?
    var freezes: Int?
    /// In seconds.
    var frozen: Double?
    var concealedSamples: Int?
    var samples: Int?
    /// Of all kinds, headers included.
    var bytesSent: Int?
    var local: String?
    var remote: String?
    var dtlsRole: String?
    var srtpCipher: String?

    static let expression = """
        (async () => {
          const all = [...(await connections.at(-1).getStats()).values()]
          const sum = (type, kind, name) => all.filter(s => s.type === type && s.kind === kind).reduce((sum, s) => sum + (s[name] ?? 0), 0)
          const transport = all.find(s => s.type === 'transport')
          const pair = all.find(s => s.id === transport?.selectedCandidatePairId)
            ?? all.find(s => s.type === 'candidate-pair' && s.nominated && s.state === 'succeeded')
          const type = id => all.find(s => s.id === id)?.candidateType
          return {
            timestamp: performance.now(),
            framesDecoded: sum('inbound-rtp', 'video', 'framesDecoded'), framesEncoded: sum('outbound-rtp', 'video', 'framesEncoded'),
            frameWidth: sum('inbound-rtp', 'video', 'frameWidth'), sentWidth: sum('outbound-rtp', 'video', 'frameWidth'),
            audioEnergy: sum('inbound-rtp', 'audio', 'totalAudioEnergy'), audioDuration: sum('inbound-rtp', 'audio', 'totalSamplesDuration'),
            audioBytes: sum('inbound-rtp', 'audio', 'bytesReceived'), audioPackets: sum('inbound-rtp', 'audio', 'packetsReceived'),
            freezes: sum('inbound-rtp', 'video', 'freezeCount'), frozen: sum('inbound-rtp', 'video', 'totalFreezesDuration'),
            concealedSamples: sum('inbound-rtp', 'audio', 'concealedSamples'),
            samples: sum('inbound-rtp', 'audio', 'totalSamplesReceived'), bytesSent: transport?.bytesSent,
            local: type(pair?.localCandidateId), remote: type(pair?.remoteCandidateId),
            dtlsRole: transport?.dtlsRole, srtpCipher: transport?.srtpCipher,
          }
        })()
        """

    /// The level of the sound that came since `earlier`, in dB below full scale.
    func audioLevel(since earlier: WebStatistics) -> Double? {
        guard let energy = audioEnergy, let duration = audioDuration, let before = earlier.audioEnergy, let start = earlier.audioDuration,
            duration > start, energy > before
        else { return nil }
        return 10 * log10((energy - before) / (duration - start))
    }
}
