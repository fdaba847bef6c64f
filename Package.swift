// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A Swift target in `Sources/<wing>/<name>`.
func target(_ name: String, in wing: String, _ dependencies: [Target.Dependency] = [], folder: String? = nil) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(wing)/\(folder ?? name)", swiftSettings: settings)
}

func executable(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Sources/\(name)", resources: resources, swiftSettings: settings)
}

/// A C library of Debian's: a module map and a shim header in `Sources/CLibraries/<name>`.
func cLibrary(_ name: String, pkgConfig: String? = nil) -> Target {
    .systemLibrary(name: name, path: "Sources/CLibraries/\(name)", pkgConfig: pkgConfig)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", resources: resources, swiftSettings: settings)
}

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")

let cLibraries: [Target] = [
    cLibrary("COpenSSL", pkgConfig: "openssl"),
    cLibrary("CSRTP", pkgConfig: "libsrtp2"),
    cLibrary("CVPX", pkgConfig: "vpx"),
    cLibrary("COpus", pkgConfig: "opus"),
    cLibrary("CPulse"),  // its pkg-config file has flags that SwiftPM warns of, and its headers need none
    cLibrary("CFFmpeg", pkgConfig: "libavformat"),
    cLibrary("CV4L2", pkgConfig: "libv4l2"),
    cLibrary("CYUV"),
    cLibrary("CSpeexDSP", pkgConfig: "speexdsp"),
    cLibrary("CTurboJPEG", pkgConfig: "libturbojpeg"),
    // Its pkg-config file has compiler definitions, which packages may not have; the shim sets what is needed.
    .systemLibrary(name: "CNcurses", path: "Sources/CLibraries/CNcurses"),
    cLibrary("CVTerm"),
    cLibrary("CSixel"),
    cLibrary("CMalloc"),
    cLibrary("CZlib"),
]

let webRTC: [Target] = [
    target("Wire", in: "WebRTC"),
    target("Security", in: "WebRTC", ["Wire", "COpenSSL", "CSRTP"]),
    target("STUN", in: "WebRTC", ["Wire", "Security", deque]),
    target("ICE", in: "WebRTC", ["Wire", "STUN", deque]),
    target("SDP", in: "WebRTC", ["Wire"]),
    target("RTP", in: "WebRTC", ["Wire", deque]),
    target("Congestion", in: "WebRTC", ["Wire", "RTP", deque]),
    target("Playout", in: "WebRTC", ["Wire", "RTP", deque]),
    target("PeerConnection", in: "WebRTC", ["Wire", "STUN", "ICE", "SDP", "Security", "RTP", "Congestion", "Playout", deque]),
    target("Transport", in: "WebRTC", ["Wire", "STUN", "ICE", "PeerConnection", nioCore, nioPosix, nioTLS, nioSSL, logging]),
]

let media: [Target] = [
    // Its pkg-config file has compiler definitions, which packages may not have. The headers include one another from that folder.
    .target(
        name: "CVoice", path: "Sources/CLibraries/CVoice",
        cxxSettings: [.define("WEBRTC_POSIX"), .unsafeFlags(["-I/usr/include/webrtc_audio_processing"])],
        linkerSettings: [.linkedLibrary("webrtc_audio_processing")]),
    target("VoiceProcessing", in: "Media", ["MediaSources", "CSpeexDSP", "CVoice"]),
    target("VoiceSimulation", in: "Media"),
    target("Codecs", in: "Media", ["CVPX", "COpus"]),
    target("MediaSources", in: "Media", ["Codecs", "CFFmpeg"], folder: "Sources"),
    .target(name: "CMotionJPEG", path: "Sources/CLibraries/CMotionJPEG"),
    target("Devices", in: "Media", ["Codecs", "MediaSources", "CMotionJPEG", "CPulse", "CV4L2", "CYUV"]),
]

let terminal: [Target] = [
    .target(name: "CTerminalVideo", path: "Sources/CLibraries/CTerminalVideo"),
    target("TerminalVideo", in: "Terminal", ["CTerminalVideo", "CZlib"]),
    .target(name: "CTerminal", path: "Sources/CLibraries/CTerminal"),
    target("TerminalIO", in: "Terminal", ["CTerminal"]),
    target("TerminalSimulation", in: "Terminal"),
]

let signaling: [Target] = [
    target("SignalingProtocol", in: "Signaling"),
    target("SignalingClient", in: "Signaling", ["SignalingProtocol", "Wire", nioCore, nioPosix, nioHTTP1, nioWebSocket, nioSSL, logging]),
    target("SocketIO", in: "Signaling", ["Wire", nioCore, nioHTTP1, nioWebSocket, deque]),
    target(
        "SignalingServer", in: "Signaling",
        ["SignalingProtocol", "SocketIO", "Wire", "CMalloc", nioCore, nioPosix, nioHTTP1, nioWebSocket, logging, deque, mustache]),
]

let program: [Target] = [
    .target(
        name: "Calls",
        dependencies: [
            "Wire", "Security", "STUN", "SDP", "RTP", "ICE", "Congestion", "Playout", "PeerConnection", "Transport", "Codecs",
            "MediaSources", "Devices", "VoiceProcessing", "SignalingProtocol", "SignalingClient", nioCore, nioPosix, logging,
        ],
        path: "Sources/Calls", swiftSettings: settings),
    .target(
        name: "Console", dependencies: ["TerminalVideo", "TerminalIO", "CNcurses"],
        path: "Sources/Console", swiftSettings: settings),
    .target(
        name: "Simulation",
        dependencies: [
            "Wire", "STUN", "ICE", "Security", "RTP", "SDP", "Congestion", "Playout", "PeerConnection", nioCore, nioPosix, nioHTTP1,
            nioWebSocket, logging,
        ],
        path: "Sources/Simulation", swiftSettings: settings),
    executable(
        "glyphone",
        [
            "Calls", "Codecs", "Console", "Devices", "ICE", "MediaSources", "PeerConnection", "STUN", "Security", "SignalingClient",
            "SignalingProtocol", "SignalingServer", "TerminalIO", "Transport", "TerminalVideo", "VoiceProcessing", "Wire", nioCore,
            nioPosix, argumentParser, configuration, logging,
        ]),
    // Counts allocations, by taking malloc's place in what links it, compresses, and has other decoders of cameras' pictures.
    .target(
        name: "CBench", path: "Sources/CLibraries/CBench",
        linkerSettings: [.linkedLibrary("z"), .linkedLibrary("turbojpeg"), .linkedLibrary("v4lconvert")]),
    executable(
        "glyphone-bench",
        [
            "CBench", "CSpeexDSP", "Calls", "Codecs", "Devices", "MediaSources", "Security", "SignalingClient", "SignalingProtocol",
            "SignalingServer",
            "Simulation", "TerminalSimulation", "TerminalVideo", "VoiceProcessing", "VoiceSimulation", "Wire", nioCore, nioPosix,
            argumentParser, logging,
        ],
        resources: [.copy("Signaling/gohub")]),
    // Runs beside a camera in a virtual machine, for CameraTests.
    executable("camera-trial", ["Codecs", "Devices", "MediaSources"]),
    executable("socketio-echo", ["SocketIO", nioCore, nioHTTP1, nioPosix, argumentParser]),
    executable("glyphone-relay", ["Simulation", "Wire", argumentParser, logging]),
]

let testTargets: [Target] = [
    tests("WireTests", ["Wire"]),
    tests("SecurityTests", ["Security", "Wire"]),
    tests("STUNTests", ["STUN", "Security", "Wire"]),
    tests("ICETests", ["ICE", "STUN", "Wire"]),
    tests("SDPTests", ["SDP", "Wire"], resources: [.copy("Golden")]),
    tests("RTPTests", ["RTP", "Wire"]),
    tests("CongestionTests", ["Congestion", "RTP", "Simulation", "Wire"]),
    tests("PlayoutTests", ["Playout", "RTP", "Codecs", "Wire"]),
    tests(
        "PeerConnectionTests", ["Congestion", "PeerConnection", "ICE", "Playout", "RTP", "SDP", "STUN", "Security", "Simulation", "Wire"]),
    tests("CodecsTests", ["Codecs"]),
    tests("MediaSourcesTests", ["MediaSources", "Codecs"]),
    tests("DevicesTests", ["Devices", "MediaSources", "Codecs"]),
    tests("CameraTests", ["Codecs", "CTurboJPEG", "Devices", "MediaSources", "TestProcesses"], resources: [.copy("virtual-camera")]),
    tests("VoiceProcessingTests", ["VoiceProcessing", "VoiceSimulation", "MediaSources"]),
    // Terminals that others wrote, and what cells look like in them.
    .target(name: "TestEmulators", dependencies: ["CSixel", "CVTerm"], path: "Tests/TestEmulators", swiftSettings: settings),
    tests("TerminalVideoTests", ["CZlib", "TerminalVideo", "TestEmulators"]),
    tests("TerminalIOTests", ["TerminalIO"]),
    tests("SignalingProtocolTests", ["SignalingProtocol"]),
    tests(
        "SignalingClientTests",
        ["SignalingClient", "SignalingServer", "SignalingProtocol", "TestProcesses", "Wire", nioCore, nioPosix, nioSSL, logging]),
    tests("SocketIOTests", ["SocketIO", "Wire", nioCore, nioPosix]),
    tests(
        "SignalingServerTests",
        ["SignalingServer", "SignalingClient", "SignalingProtocol", "Wire", nioCore, nioPosix, nioHTTP1, nioWebSocket, logging]),
    tests("SimulationTests", ["Simulation", "Security", "Wire", nioCore, nioPosix, nioWebSocket, logging]),
    tests(
        "CallTests",
        [
            "Calls", "Congestion", "ICE", "MediaSources", "PeerConnection", "STUN", "Security", "Simulation", "SignalingClient",
            "SignalingProtocol", "SignalingServer", "TestProcesses", "Transport", "Wire", nioCore, nioPosix, nioSSL, logging,
        ]),
    // What starts glyphone and glyphone-relay, which SwiftPM builds beside the tests.
    .target(name: "TestProcesses", dependencies: ["TerminalSimulation"], path: "Tests/TestProcesses", swiftSettings: settings),
    tests(
        "ProcessTests",
        [
            "TestProcesses", "TestEmulators", "Simulation", "SignalingClient", "SignalingProtocol", "TerminalSimulation", "TerminalVideo",
            nioCore, nioPosix, nioWebSocket,
        ]),
    tests("InteropTests", ["TestProcesses", "Simulation", "TerminalSimulation", nioCore, nioPosix, nioWebSocket, logging]),
    tests(
        "ConsoleTests",
        ["Codecs", "Console", "MediaSources", "TerminalIO", "TerminalSimulation", "TerminalVideo", "TestEmulators"]),
]

let package = Package(
    name: "glyphone",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    ],
    targets: cLibraries + webRTC + media + terminal + signaling + program + testTargets,
    swiftLanguageModes: [.v6]
)

/// Leaves of the package only these targets and what they need.
@MainActor func restrict(to names: Set<String>) {
    var kept = names
    var packages: Set<String> = []
    var rest = Array(names)
    while let name = rest.popLast() {
        for dependency in package.targets.first(where: { $0.name == name })?.dependencies ?? [] {
            switch dependency {
            case .byNameItem(let name, _), .targetItem(let name, _):
                if kept.insert(name).inserted { rest.append(name) }
            case .productItem(_, let owner?, _, _): packages.insert(owner)
            default: break
            }
        }
    }
    package.targets.removeAll { !kept.contains($0.name) }
    package.dependencies.removeAll {
        guard case .sourceControl(_, let location, _) = $0.kind else { return false }
        return !packages.contains { location.hasSuffix("/\($0)") }
    }
}

// Parts of the package: what .ci/fuzz and .ci/sanitize build with the compiler's instruments, or what one names, separated by commas.
if Context.environment["GLYPHONE_FUZZ"] != nil {
    package.targets += [
        cLibrary("CFuzzer"),
        executable("glyphone-fuzz", ["CFuzzer", "ICE", "RTP", "SDP", "SignalingProtocol", "SocketIO", "STUN", "Wire", nioCore]),
    ]
    restrict(to: ["glyphone-fuzz"])
} else if let names = Context.environment["GLYPHONE_TARGETS"] {
    restrict(to: Set(names.split(separator: ",").map(String.init)))
}
