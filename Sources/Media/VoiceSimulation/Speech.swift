import Foundation

/// Speech made by espeak-ng, 48 kHz mono.
public enum Speech {
    public static let program = "/usr/bin/espeak-ng"

    public static var isAvailable: Bool { FileManager.default.isExecutableFile(atPath: program) }

    /// Two people who talk for some 20 s.
    ///
    /// - Throws: what Foundation says where the program cannot be run.
    public static func conversation() throws -> Conversation {
        Conversation(
            far: try say(
                """
                The quick brown fox jumps over the lazy dog. A call in a terminal should sound as clear as a call anywhere else. \
                Please tell me what you hear, and how loud it is. We will walk along the river tomorrow morning, if the weather stays \
                as it is. Seven ships sailed slowly south. The old clock on the wall strikes twelve times at noon.
                """, voice: "en-us"),
            near: try say(
                """
                Yes, I can hear you very well, thank you for asking. There was a meeting on Thursday where we talked about the new \
                garden. My sister brought apples and bread. I am not sure that this is the right way to the station. Could you repeat \
                the last sentence for me, please? The train leaves at nine, and the bus a little later. What a wonderful idea that was.
                """, voice: "en-gb+f3"))
    }

    public static func say(_ text: String, voice: String) throws -> [Int16] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["-v", voice, "-s", "160", "--stdout", text]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let wave = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        // A WAV file of 16 bits, mono, whose header of 44 bytes tells the rate at 24.
        guard wave.count > 44 else { return [] }
        func number(at offset: Int, bytes: Int) -> Int { (0..<bytes).reduce(0) { $0 | Int(wave[offset + $1]) << (8 * $1) } }
        let samples = stride(from: 44, to: wave.count - 1, by: 2).map { Double(Int16(truncatingIfNeeded: number(at: $0, bytes: 2))) }
        let step = Double(number(at: 24, bytes: 4)) / 48_000
        guard step > 0, samples.count > 1 else { return [] }
        return (0..<Int(Double(samples.count - 1) / step)).map { index in
            let position = Double(index) * step
            let fraction = position - position.rounded(.down)
            return Int16((samples[Int(position)] * (1 - fraction) + samples[Int(position) + 1] * fraction).rounded())
        }
    }
}
