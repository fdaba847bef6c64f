import Foundation
import Glibc
import TestProcesses

/// Two hosts, each behind a NAT of its own, and an internet between the NATs: network namespaces, with the kernel's own NAT
/// set by nftables to give each destination another port (symmetric).
struct NATNetwork {
    static let isPossible: Bool = NetworkNamespace.isPossible && (try? run("command -v nft")) == true
    static let whyNot = "needs root, ip (iproute2), nft (nftables) and the right to make network namespaces"

    /// The internet's address that both hosts reach.
    static let server = "198.51.100.1"
    private static let base = "glyphone-paths-\(getpid())"

    private static func name(_ part: String) -> String { "\(base)-\(part)" }

    /// What to put before a command so that it runs on the internet, or on a host.
    static var internet: [String] { ["ip", "netns", "exec", name("net")] }
    static func host(_ letter: String) -> [String] { ["ip", "netns", "exec", name("host-\(letter)")] }

    /// Runs `body` within; whatever happens, nothing is left.
    static func with(_ body: () async throws -> Void) async throws {
        defer { for part in ["net", "nat-a", "nat-b", "host-a", "host-b"] { _ = try? run("ip netns del \(name(part))") } }
        // What is sent to a host's own address is lost on the internet. Without a route for it the relay could not even send it,
        // and coturn ends an allocation whose sending fails ("Network is unreachable").
        var script = """
            set -e
            ip netns add \(name("net"))
            ip -n \(name("net")) link set lo up
            ip -n \(name("net")) link add nowhere type veth peer name nobody
            ip -n \(name("net")) link set nowhere arp off
            ip -n \(name("net")) link set nowhere up
            ip -n \(name("net")) link set nobody up
            ip -n \(name("net")) route add default dev nowhere
            ip netns exec \(name("net")) sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'

            """
        for (letter, outside, inside) in [("a", "198.51.100", "10.1.0"), ("b", "203.0.113", "10.2.0")] {
            let (net, nat, host) = (name("net"), name("nat-\(letter)"), name("host-\(letter)"))
            script += """
                ip netns add \(nat)
                ip netns add \(host)
                ip -n \(net) link add to-\(letter) type veth peer name out netns \(nat)
                ip -n \(nat) link add in type veth peer name eth0 netns \(host)
                ip -n \(net) addr add \(outside).1/24 dev to-\(letter)
                ip -n \(nat) addr add \(outside).2/24 dev out
                ip -n \(nat) addr add \(inside).1/24 dev in
                ip -n \(host) addr add \(inside).2/24 dev eth0
                ip -n \(net) link set to-\(letter) up
                ip -n \(nat) link set lo up
                ip -n \(nat) link set out up
                ip -n \(nat) link set in up
                ip -n \(host) link set lo up
                ip -n \(host) link set eth0 up
                ip -n \(nat) route add default via \(outside).1
                ip -n \(host) route add default via \(inside).1
                ip netns exec \(nat) sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
                ip netns exec \(nat) nft -f - <<'RULES'
                table ip glyphone {
                    chain postrouting {
                        type nat hook postrouting priority 100;
                        oifname "out" masquerade fully-random
                    }
                    chain forward {
                        type filter hook forward priority 0; policy drop;
                        iifname "in" accept
                        ct state established,related accept
                    }
                }
                RULES

                """
        }
        guard try run(script) else { throw Subprocess.Failure(description: "the network of NATs cannot be made") }
        try await body()
    }

    /// Gives a host another address in its network, or the same again, a moment after it lost the one it has.
    static func changeAddress(of letter: String, to last: Int) throws {
        let (host, inside) = (name("host-\(letter)"), letter == "a" ? "10.1.0" : "10.2.0")
        let isDone = try run(
            """
            set -e
            ip -n \(host) -4 addr flush dev eth0
            sleep 0.05
            ip -n \(host) addr add \(inside).\(last)/24 dev eth0
            ip -n \(host) route add default via \(inside).1
            """)
        guard isDone else { throw Subprocess.Failure(description: "the address cannot be changed") }
    }

    private static func run(_ script: String) throws -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", script]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
