import ArgumentParser

@main
struct GlyphoneBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "glyphone-bench",
        abstract: "Measures what Glyphone promises. Build in release mode: swift run -c release glyphone-bench SUBJECT.",
        subcommands: [
            CallBenchmark.self, CameraBenchmark.self, DevicesBenchmark.self, NetworkBenchmark.self, PictureBenchmark.self,
            SignalingBenchmark.self,
            BindingsBenchmark.self, TerminalBenchmark.self, SoundBenchmark.self, EchoBenchmark.self,
        ])
}
