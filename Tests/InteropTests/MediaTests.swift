import Glibc
import TestProcesses
import Testing

extension InteropTests {
    /// Calls between the pages and a terminal, as far as picture and sound go.
    @Suite struct MediaTests {
        @Test(arguments: BrowserKind.allCases, WebPage.all)
        func `A page calls a terminal, and hangs up`(_ kind: BrowserKind, _ page: WebPage) async throws {
            try await withProcesses { group in
                let call = try await BrowserCall.connected(group, kind, page, as: .caller)
                try await good(call, kind, page, .caller)
                try await call.web.press("hang-up")
                try await call.web.ended("You hung up.")
                try await call.bot.endOfCall("hangup", status: 0)
                try await call.web.page.close()
            }
        }

        @Test(arguments: BrowserKind.allCases, WebPage.all)
        func `A terminal calls a page, and hangs up`(_ kind: BrowserKind, _ page: WebPage) async throws {
            try await withProcesses { group in
                let call = try await BrowserCall.connected(group, kind, page, as: .callee)
                try await good(call, kind, page, .callee)
                call.bot.send(signal: SIGTERM)
                try await call.web.ended("bot hung up.")
                #expect(try await call.bot.end(within: .seconds(20)) == .status(0))
                try await call.web.page.close()
            }
        }

        private func good(_ call: BrowserCall, _ kind: BrowserKind, _ page: WebPage, _ role: BrowserCall.Role) async throws {
            // A call begins small, and grows when the path has shown what it takes.
            try await call.web.page.wait(for: "\(WebStatistics.expression).then(s => s.frameWidth === 640)")
            let exchange = try await call.exchange()
            exchange.expectGood()
            #expect(exchange.web.frameWidth == 640)
            if kind == .chromium {
                // Both repeat their sound (RFC 2198): Chromium always, the terminal until reports say that nothing is lost. 100 bytes
                // of each packet are its own, at the terminal's 40 kbit/s.
                let size = Double(exchange.web.audioBytes ?? 0) / Double(max(1, exchange.web.audioPackets ?? 0))
                print("sound to the browser: \(Int(size)) bytes a packet")
                #expect(size > 150, "\(exchange)")
                #expect(call.bot.output.now.statistics.last?.inbound?.audio?.fecPacketsReceived ?? 0 > 50, "\(exchange)")
            }
            try InteropTable.add(call, exchange, page, role)
        }

        @Test(arguments: BrowserKind.allCases, WebPage.all)
        func `Mute, camera off and on, and an ICE restart`(_ kind: BrowserKind, _ page: WebPage) async throws {
            try await withProcesses { group in
                let call = try await BrowserCall.connected(group, kind, page, as: .caller)
                try await call.heard { $0 > -40 }
                try await call.web.press("mute")
                try await call.web.page.wait(for: "document.querySelector('#mute').getAttribute('aria-pressed') === 'true'")
                try await call.heard { $0 < -60 }
                try await call.web.press("mute")
                try await call.heard { $0 > -40 }

                // Each is a negotiation: the direction of the picture changes.
                try await call.web.press("camera")
                try await call.web.page.wait(for: "connections.at(-1).getTransceivers().some(t => t.currentDirection === 'recvonly')")
                try await call.seen { $0 == 0 }
                try await call.web.press("camera")
                try await call.web.page.wait(for: "connections.at(-1).getTransceivers().every(t => t.currentDirection === 'sendrecv')")
                try await call.seen { $0 > 20 }

                try await call.web.page.perform(
                    "window.oldName = connections.at(-1).localDescription.sdp.match(/ice-ufrag:(.*)/)[1]; connections.at(-1).restartIce()")
                try await call.web.page.wait(
                    for: """
                        connections.at(-1).signalingState === 'stable' && connections.at(-1).connectionState === 'connected'
                          && connections.at(-1).localDescription.sdp.match(/ice-ufrag:(.*)/)[1] !== oldName
                        """)
                try await call.pass(seconds: 1)
                try await call.exchange().expectGood()

                try await call.web.press("hang-up")
                try await call.bot.endOfCall("hangup", status: 0)
                try await call.web.page.close()
            }
        }

        @Test(arguments: [(BrowserKind.chromium, WebPage.first), (.firefox, .last)])
        func `Without camera and microphone a page receives`(_ kind: BrowserKind, _ page: WebPage) async throws {
            try await withProcesses { group in
                let call = try await BrowserCall.connected(group, kind, page, as: .callee, .denied)
                try await call.web.page.wait(
                    for: "document.querySelector('#said').textContent.startsWith('You see and hear, but send nothing.')")
                try await call.pass(seconds: 1)
                let exchange = try await call.exchange()
                #expect(exchange.toWeb.isGood, "\(exchange)")
                #expect(exchange.toBot.sent == 0)
                // Without permission a browser tells names in place of its addresses.
                let hidden = try await call.web.page.evaluate(
                    "(connections.at(-1).localDescription.sdp.match(/^a=candidate:.* typ host/gm) ?? []).every(line => line.includes('.local '))",
                    as: Bool.self)
                #expect(hidden)
                try InteropTable.add(call, exchange, page, .callee, note: "no permission, mDNS")
                try await call.web.press("hang-up")
                try await call.bot.endOfCall("hangup", status: 0)
                try await call.web.page.close()
            }
        }
    }
}

extension BrowserCall {
    /// Waits for a second in which the bot heard a level for which `isWanted` holds.
    func heard(_ isWanted: @escaping @Sendable (Double) -> Bool) async throws {
        let now = bot.output.now.statistics.last?.t ?? 0
        _ = try await bot.statistics(within: .seconds(30), for: "another level") {
            ($0.t ?? 0) > now + 0.5 && isWanted($0.inbound?.audio?.audioLevelDb ?? -.infinity)
        }
    }

    /// Waits for a second in which the bot decoded a number of frames for which `isWanted` holds.
    func seen(_ isWanted: @escaping @Sendable (Int) -> Bool) async throws {
        let now = bot.output.now.statistics.last?.t ?? 0
        _ = try await bot.output.wait(within: .seconds(30), for: "another number of frames a second") { transcript -> Bool? in
            let later = transcript.statistics.filter { ($0.t ?? 0) > now + 0.5 }.map { $0.inbound?.video?.framesDecoded ?? 0 }
            return zip(later, later.dropFirst()).contains { isWanted($1 - $0) } ? true : nil
        }
    }
}

extension Subprocess {
    /// Expects the call to end for this reason, and the bot with this status.
    func endOfCall(_ reason: String, status: Int32, _ location: SourceLocation = #_sourceLocation) async throws {
        let outcome = try await end(within: .seconds(20))
        let (output, errors) = try await everything()
        #expect(outcome == .status(status), "\(errors)", sourceLocation: location)
        #expect(try output.events().last { $0.isEnded }?.reason == reason, "\(output)", sourceLocation: location)
    }
}
