/// What has been made up since the last sample that came out of a packet.
struct Gap {
    /// Samples made up.
    var filled: Int64 = 0
    /// Whether the last packet announced silence, so that nothing is missing.
    var isSilence = false
    /// Sequence number of the packet played last.
    var lastSequenceNumber: UInt16?
    /// The gain of what is made up, 1 at first.
    var gain: Float = 1
    /// Whether the last sample in the output was concealed.
    var isConcealing = false
    /// Whether the last sample in the output came from the copy within the next packet.
    var usesFEC = false
}

extension AudioPlayout {
    /// Concealment keeps its level for 100 ms, then fades out over 200 ms: longer it sounds like a robot.
    private static var fadeStart: Int64 { 4800 }
    private static var fadeStep: Float { 1.0 / 9600 }
    /// Sound comes back over 5 ms after a fade.
    private static var returnStep: Float { 1.0 / 240 }
    /// Comfort noise goes on for at most this long beyond what the timestamps say, so that the delay can grow.
    private static var silenceSlack: Int64 { 24_000 }

    /// Adds to the output what comes next: at least one sample, or a decision that brings it nearer.
    mutating func fill() {
        guard let expected else { return begin() }
        guard let first = packets.first else { return fillEmpty() }
        if first.timestamp <= expected { return play(first, expected: expected) }
        let missing = first.timestamp - expected
        let delayIfPlayed = delay(ifNext: first.timestamp) ?? target
        let follows = gap.lastSequenceNumber.map { first.sequenceNumber &- $0 == 1 } ?? true
        if gap.isSilence || follows {
            if delayIfPlayed >= target || gap.filled >= missing + Self.silenceSlack {
                self.expected = first.timestamp
            } else {
                addNoise()
            }
        } else if gap.filled >= missing || delayIfPlayed >= target {
            missed.append(expected..<first.timestamp)
            let frame = max(480, Int64(decoder.duration(of: first.payload)))
            repairs.passed(Int(min(100, max(1, missing / frame))), areMissing: true)
            self.expected = first.timestamp
        } else {
            fillLoss(of: missing - gap.filled, before: first)
        }
    }

    /// Before the first packet there is silence; it is played once it has waited long enough.
    private mutating func begin() {
        if let first = packets.first, let delay = delay(ifNext: first.timestamp), delay >= target {
            expected = first.timestamp
        } else {
            output.append(contentsOf: repeatElement(0, count: Self.frameSize))
        }
    }

    private mutating func fillEmpty() {
        if gap.isSilence { addNoise() } else { conceal(Self.frameSize) }
    }

    /// The packet before `next` is lost, and perhaps more: `missing` samples.
    private mutating func fillLoss(of missing: Int64, before next: AudioPacketBuffer.Packet) {
        if decoder.hasFEC(next.payload) {
            let copied = Int64(decoder.duration(of: next.payload))
            if copied > 0, missing <= copied {
                if let sound = try? decoder.decodeFEC(next.payload, samples: Int(copied)), sound.count >= missing {
                    gap.usesFEC = true
                    if let expected { self.copied.append(expected..<next.timestamp) }
                    repairs.passed()
                    addSound(sound.suffix(Int(missing)))
                    expected = next.timestamp
                    return
                }
            } else {
                return conceal(Int(min(Int64(Self.frameSize), missing - copied)))
            }
        }
        conceal(Int(min(Int64(Self.frameSize), missing)))
    }

    private mutating func play(_ packet: AudioPacketBuffer.Packet, expected: Int64) {
        _ = packets.popFirst()
        let duration = Int64(decoder.duration(of: packet.payload))
        guard packet.timestamp + duration > expected else {
            if packet.isCopy { statistics.fecPacketsDiscarded += 1 } else { statistics.packetsDiscarded += 1 }
            return
        }
        repairs.passed()
        if packet.isCopy { copied.append(packet.timestamp..<(packet.timestamp + duration)) }
        if decoder.hasFEC(packet.payload), !gap.usesFEC { statistics.fecPacketsDiscarded += 1 }
        gap.usesFEC = false
        gap.lastSequenceNumber = packet.sequenceNumber
        // One or two bytes announce silence (RFC 6716 section 2.1.9).
        gap.isSilence = packet.payload.count <= 2
        let waited = playing &+ Int64(output.count) &- packet.arrival
        guard let sound = try? decoder.decode(packet.payload), !sound.isEmpty else {
            conceal(Int(packet.timestamp + duration - expected))
            self.expected = packet.timestamp + duration
            gap.filled = 0
            return
        }
        let fresh = sound.dropFirst(Int(expected - packet.timestamp))
        self.expected = packet.timestamp + Int64(sound.count)
        statistics.jitterBufferEmittedCount += fresh.count
        statistics.jitterBufferDelay += Double(max(0, waited)) / 48_000 * Double(fresh.count)
        statistics.jitterBufferTargetDelay += Double(target) / 48_000 * Double(fresh.count)
        addSound(fresh)
    }

    private mutating func addSound(_ sound: some Collection<Int16>) {
        gap.filled = 0
        gap.isConcealing = false
        if gap.gain >= 1 {
            output.append(contentsOf: sound)
        } else {
            for sample in sound {
                output.append(Int16(Float(sample) * gap.gain))
                gap.gain = min(1, gap.gain + Self.returnStep)
            }
        }
    }

    private mutating func addNoise() {
        let noise = made(Self.frameSize)
        gap.isConcealing = false
        gap.filled += Int64(Self.frameSize)
        output.append(contentsOf: noise)
    }

    /// Adds `samples` that the decoder makes up from what was before, louder at first than later.
    private mutating func conceal(_ samples: Int) {
        if !gap.isConcealing { statistics.concealmentEvents += 1 }
        gap.isConcealing = true
        statistics.concealedSamples += samples
        if gap.gain <= 0 {
            statistics.silentConcealedSamples += samples
            output.append(contentsOf: repeatElement(0, count: samples))
            gap.filled += Int64(samples)
            return
        }
        for sample in made(samples) {
            output.append(Int16(Float(sample) * gap.gain))
            gap.filled += 1
            if gap.filled > Self.fadeStart { gap.gain = max(0, gap.gain - Self.fadeStep) }
        }
    }

    /// Exactly `samples` from the decoder's concealment, which only makes multiples of 2.5 ms; silence if it fails.
    private mutating func made(_ samples: Int) -> [Int16] {
        let step = 120
        let asked = min(5760, (samples + step - 1) / step * step)
        var sound = (try? decoder.conceal(samples: asked)) ?? []
        if sound.count > samples { sound.removeLast(sound.count - samples) }
        if sound.count < samples { sound.append(contentsOf: repeatElement(0, count: samples - sound.count)) }
        return sound
    }
}
