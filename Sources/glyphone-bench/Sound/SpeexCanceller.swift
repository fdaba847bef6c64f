import Glibc

/// Debian's libspeexdsp through its C functions: echo cancellation and, behind it, suppression of what is left.
final class SpeexCanceller {
    private typealias Pointer = UnsafeMutableRawPointer
    private typealias New = @convention(c) (Int32, Int32) -> Pointer?
    private typealias Set = @convention(c) (Pointer?, Int32, Pointer?) -> Int32
    private typealias Cancel = @convention(c) (Pointer?, UnsafePointer<Int16>?, UnsafePointer<Int16>?, UnsafeMutablePointer<Int16>?) -> Void
    private typealias Run = @convention(c) (Pointer?, UnsafeMutablePointer<Int16>?) -> Int32

    /// From speex_echo.h and speex_preprocess.h.
    private enum Request {
        static let echoRate: Int32 = 24
        static let echoState: Int32 = 24
        static let suppression: Int32 = 20
        static let activeSuppression: Int32 = 22
    }

    private static let block: Int32 = 480

    private let echo: Pointer?
    private let preprocessing: Pointer?
    private let cancel: Cancel
    private let run: Run
    /// What was played but cannot be heard yet.
    private var waiting: [Int16]

    /// - Parameters:
    ///   - tailMilliseconds: how much later than told an echo may come.
    ///   - delayMilliseconds: what the echo is told to come later than the sound is played.
    /// - Returns: nil if Debian's package libspeexdsp1 is not there.
    init?(tailMilliseconds: Int, delayMilliseconds: Int) {
        guard let library = dlopen("libspeexdsp.so.1", RTLD_NOW) else { return nil }
        func function<Function>(_ name: String, as type: Function.Type) -> Function? {
            dlsym(library, name).map { unsafeBitCast($0, to: type) }
        }
        guard let newEcho = function("speex_echo_state_init", as: New.self), let setEcho = function("speex_echo_ctl", as: Set.self),
            let newPreprocessing = function("speex_preprocess_state_init", as: New.self),
            let setPreprocessing = function("speex_preprocess_ctl", as: Set.self),
            let cancel = function("speex_echo_cancellation", as: Cancel.self), let run = function("speex_preprocess_run", as: Run.self)
        else { return nil }
        self.cancel = cancel
        self.run = run
        echo = newEcho(Self.block, Int32(tailMilliseconds * 48))
        preprocessing = newPreprocessing(Self.block, 48_000)
        waiting = [Int16](repeating: 0, count: max(0, delayMilliseconds) * 48)
        var rate: Int32 = 48_000
        var (silence, speech): (Int32, Int32) = (-60, -15)
        _ = setEcho(echo, Request.echoRate, &rate)
        _ = setPreprocessing(preprocessing, Request.echoState, echo)
        _ = setPreprocessing(preprocessing, Request.suppression, &silence)
        _ = setPreprocessing(preprocessing, Request.activeSuppression, &speech)
    }

    /// Works on 10 ms. Its memory is kept until the program ends.
    func process(_ played: [Int16], _ heard: inout [Int16]) {
        waiting += played
        let far = Array(waiting.prefix(Int(Self.block)))
        waiting.removeFirst(Int(Self.block))
        var out = [Int16](repeating: 0, count: heard.count)
        cancel(echo, heard, far, &out)
        _ = run(preprocessing, &out)
        heard = out
    }
}
