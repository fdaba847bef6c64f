import CSpeexDSP

/// speexdsp alone: echo cancellation and, behind it, suppression of what is left.
final class SpeexCanceller {
    private static let block: Int32 = 480

    private let echo: OpaquePointer
    private let preprocessing: OpaquePointer
    /// What was played but cannot be heard yet.
    private var waiting: [Int16]

    /// - Parameters:
    ///   - tailMilliseconds: how much later than told an echo may come.
    ///   - delayMilliseconds: what the echo is told to come later than the sound is played.
    init(tailMilliseconds: Int, delayMilliseconds: Int) {
        echo = speex_echo_state_init(Self.block, Int32(tailMilliseconds * 48))
        preprocessing = speex_preprocess_state_init(Self.block, 48_000)
        waiting = [Int16](repeating: 0, count: max(0, delayMilliseconds) * 48)
        var rate: Int32 = 48_000
        var (silence, speech): (Int32, Int32) = (-60, -15)
        speex_echo_ctl(echo, SPEEX_ECHO_SET_SAMPLING_RATE, &rate)
        speex_preprocess_ctl(preprocessing, SPEEX_PREPROCESS_SET_ECHO_STATE, UnsafeMutableRawPointer(echo))
        speex_preprocess_ctl(preprocessing, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS, &silence)
        speex_preprocess_ctl(preprocessing, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS_ACTIVE, &speech)
    }

    deinit {
        speex_preprocess_state_destroy(preprocessing)
        speex_echo_state_destroy(echo)
    }

    /// Works on 10 ms.
    func process(_ played: [Int16], _ heard: inout [Int16]) {
        waiting += played
        let far = Array(waiting.prefix(Int(Self.block)))
        waiting.removeFirst(Int(Self.block))
        var out = [Int16](repeating: 0, count: heard.count)
        speex_echo_cancellation(echo, heard, far, &out)
        speex_preprocess_run(preprocessing, &out)
        heard = out
    }
}
