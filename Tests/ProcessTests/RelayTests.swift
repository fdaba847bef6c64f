import Foundation
import Glibc
import TestProcesses
import Testing

extension ProcessTests {
    /// Calls between processes through coturn.
    @Suite(.enabled(if: Coturn.isInstalled, Comment(rawValue: Coturn.whyNot))) struct RelayTests {
        enum Way: String, CaseIterable, CustomTestStringConvertible {
            case udp, tcp

            var testDescription: String { rawValue }
        }

        private func secret(_ text: String) throws -> String {
            let path = Programs.newPath("secret")
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            return "@" + path
        }

        @Test(arguments: Way.allCases) func `A call goes through a relay alone`(way: Way) async throws {
            try await withProcesses { group in
                let coturn = try await group.coturn()
                let (_, url) = try await group.server()
                let options = [
                    "--relay-only", "--turn", way == .udp ? coturn.udp : coturn.tcp, "--turn-user", "user",
                    "--turn-password", try secret("pass\n"),
                ]
                let bob = try await group.answeringBot("bob", at: url, options)
                let alice = try group.bot("alice", at: url, ["--call", "bob", "--duration", "4"] + options)
                let said = try await (alice.endOfCall(within: .seconds(40)), bob.endOfCall(within: .seconds(10)))
                for events in [said.0, said.1] {
                    let last = try #require(events.last { $0.event == "stats" })
                    #expect(last.transport?.localCandidateType == "relay")
                    #expect((last.inbound?.video?.framesDecoded ?? 0) > 30)
                }
            }
        }

        @Test func `The server hands out credentials that open the relay`() async throws {
            try await withProcesses { group in
                let coturn = try await group.coturn(["--use-auth-secret", "--static-auth-secret", "north wind"])
                let (_, url) = try await group.server([
                    "--port", "0", "--turn", coturn.udp, "--turn-secret", try secret("north wind"),
                ])
                let bob = try await group.answeringBot("bob", at: url, ["--relay-only"])
                let alice = try group.bot("alice", at: url, ["--call", "bob", "--duration", "3", "--relay-only"])
                _ = try await alice.endOfCall(within: .seconds(40))
                let events = try await bob.endOfCall(within: .seconds(10))
                #expect(events.last { $0.event == "stats" }?.transport?.remoteCandidateType == "relay")
            }
        }

        @Test func `A wrong password is said where there is no other way`() async throws {
            try await withProcesses { group in
                let coturn = try await group.coturn()
                let (_, url) = try await group.server()
                let options = ["--relay-only", "--turn", coturn.udp, "--turn-user", "user", "--turn-password", "wrong"]
                _ = try await group.answeringBot("bob", at: url, options)
                let alice = try group.bot("alice", at: url, ["--call", "bob"] + options)
                #expect(try await alice.end(within: .seconds(60)) == .status(14))
                let (_, errors) = try await alice.everything()
                #expect(errors.description.contains("refused the user name or the password"), "\(errors)")
            }
        }

        @Test func `A relay that refuses and a STUN server that is dead cost a call nothing that has a direct way`() async throws {
            try await withProcesses { group in
                let coturn = try await group.coturn()
                let (_, url) = try await group.server()
                let options = [
                    "--turn", coturn.udp, "--turn-user", "user", "--turn-password", "wrong", "--stun", "stun:127.0.0.1:9",
                ]
                let bob = try await group.answeringBot("bob", at: url, options)
                let alice = try group.bot("alice", at: url, ["--call", "bob", "--duration", "2"] + options)
                let events = try await alice.endOfCall(within: .seconds(40))
                _ = try await bob.endOfCall(within: .seconds(10))
                #expect(events.last { $0.event == "stats" }?.transport?.localCandidateType == "host")
            }
        }

        @Test func `When one of two relays dies the call goes on through the other`() async throws {
            try await withProcesses { group in
                let relays = try await [group.coturn(), group.coturn()]
                let (_, url) = try await group.server()
                var options = ["--relay-only", "--turn-user", "user", "--turn-password", "pass"]
                for relay in relays { options += ["--turn", relay.udp] }
                let bob = try await group.answeringBot("bob", at: url, options)
                let alice = try group.bot("alice", at: url, ["--call", "bob", "--duration", "14"] + options)
                try await alice.connected()
                let before = try await alice.statistics(within: .seconds(10), for: "a picture") {
                    ($0.inbound?.video?.framesDecoded ?? 0) > 0
                }
                relays[0].process.send(signal: SIGKILL)
                let (time, frames) = (before.t ?? 0, before.inbound?.video?.framesDecoded ?? 0)
                // Most of what it says in the next six seconds came by the way that is left.
                _ = try await alice.statistics(within: .seconds(20), for: "pictures through the other relay") {
                    ($0.t ?? 0) > time + 6 && ($0.inbound?.video?.framesDecoded ?? 0) > frames + 60
                }
                _ = try await alice.endOfCall(within: .seconds(30))
                _ = try await bob.endOfCall(within: .seconds(10))
            }
        }
    }
}
