import ArgumentParser
import Simulation
import Wire

/// `host:port`, an IPv6 host in brackets.
struct HostAndPort: ExpressibleByArgument, CustomStringConvertible {
    var host: String
    var port: Int

    init(host: String, port: Int) {
        (self.host, self.port) = (host, port)
    }

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = UInt16(argument[argument.index(after: colon)...]) else { return nil }
        var host = argument[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: Int(port))
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    var defaultValueDescription: String { description }
}

/// 0 to 1.
struct Probability: ExpressibleByArgument, ExpressibleByIntegerLiteral, CustomStringConvertible {
    var value: Double

    init(integerLiteral value: Int) { self.value = Double(value) }

    init?(argument: String) {
        guard let value = Double(argument), (0...1).contains(value) else { return nil }
        self.value = value
    }

    var description: String { "\(value)" }
}

/// A number and `us`, `ms` or `s`; without a unit milliseconds; an hour at most.
struct Time: ExpressibleByArgument, ExpressibleByIntegerLiteral, CustomStringConvertible {
    var duration: Duration

    init(_ duration: Duration) { self.duration = duration }
    init(integerLiteral value: Int) { duration = .milliseconds(value) }

    init?(argument: String) {
        let units = [("us", 1e-6), ("ms", 1e-3), ("s", 1)]
        let (suffix, scale) = units.first { argument.hasSuffix($0.0) } ?? ("", 1e-3)
        guard let value = Double(argument.dropLast(suffix.count)), case let seconds = value * scale, (0...3600).contains(seconds) else {
            return nil
        }
        duration = .seconds(seconds)
    }

    var description: String { "\(duration.milliseconds) ms" }
    var defaultValueDescription: String { description }
}

/// A number of bits a second; `k` and `M` stand for thousands and millions.
struct BitRate: ExpressibleByArgument, CustomStringConvertible {
    var bitsPerSecond: Int

    init?(argument: String) {
        let units = [("k", 1e3), ("K", 1e3), ("M", 1e6)]
        let (suffix, scale) = units.first { argument.hasSuffix($0.0) } ?? ("", 1)
        guard let value = Double(argument.dropLast(suffix.count)), (1...1e11).contains(value * scale) else { return nil }
        bitsPerSecond = Int(value * scale)
    }

    var description: String { "\(Double(bitsPerSecond) / 1000) kbit/s" }
}

extension IPAddress: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension WebSocketURL: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
