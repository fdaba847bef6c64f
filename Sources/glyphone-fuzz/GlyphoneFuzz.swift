import CFuzzer
import Glibc

/// `glyphone-fuzz PARSER [OPTION of libFuzzer or folder of inputs]...`
///
/// Only for builds with `-sanitize=fuzzer`, as `.ci/fuzz` makes them.
@main
enum GlyphoneFuzz {
    /// Set once, before libFuzzer starts calling on the same thread.
    nonisolated(unsafe) static var parser = Parser.stun

    static func main() {
        guard CommandLine.arguments.count > 1, let parser = Parser(rawValue: CommandLine.arguments[1]) else {
            print(Parser.allCases.map(\.rawValue).joined(separator: "\n"))
            exit(CommandLine.arguments.count > 1 ? 2 : 0)
        }
        self.parser = parser
        // libFuzzer takes what is behind the parser's name; the program's own name moves into that place.
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
        var count = CommandLine.argc - 1
        arguments?[0] = CommandLine.unsafeArgv[0]
        exit(LLVMFuzzerRunDriver(&count, &arguments, test))
    }
}

/// libFuzzer's own `main`, which is linked and not used, wants this name.
@c(LLVMFuzzerTestOneInput)
public func test(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    GlyphoneFuzz.parser.test(Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}
