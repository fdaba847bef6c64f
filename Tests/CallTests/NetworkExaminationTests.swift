import Calls
import ICE
import STUN
import Testing
import Wire

@Suite struct NetworkExaminationTests {
    private let base = TransportAddress("10.0.0.2", port: 1000)!
    private let first = TransportAddress("198.51.100.1", port: 3478)!
    private let second = TransportAddress("198.51.100.2", port: 3478)!
    private let url = ICEServerURL(kind: .stun, host: "stun.example", port: 3478)

    private func examination(_ mappings: [ICEMapping], relays: [ICERelays.Status] = []) -> NetworkExamination {
        NetworkExamination(
            addresses: [base.ip], stunServers: [.init(url: url, addresses: [first])], mappings: mappings, relays: relays)
    }

    private func mapped(_ server: TransportAddress, _ port: UInt16, _ ip: String = "203.0.113.1") -> ICEMapping {
        ICEMapping(base: base, server: server, mapped: TransportAddress(ip, port: port)!)
    }

    @Test func `A NAT is known by what two servers see`() {
        #expect(examination([]).mapping == .unknown)
        #expect(examination([mapped(first, 5)]).mapping == .oneAnswer)
        #expect(examination([mapped(first, 5), mapped(second, 5)]).mapping == .endpointIndependent)
        #expect(examination([mapped(first, 5), mapped(second, 6)]).mapping == .endpointDependent)
        #expect(examination([mapped(first, 1000, "10.0.0.2")]).mapping == .none)
    }

    @Test func `What two sockets are seen as says nothing of the NAT`() {
        let other = ICEMapping(
            base: TransportAddress("10.0.1.2", port: 7)!, server: second, mapped: TransportAddress("203.0.113.1", port: 9)!)
        #expect(examination([mapped(first, 5), other]).mapping == .oneAnswer)
    }

    @Test func `Where something could be better, what to do stands below`() throws {
        var status = ICERelays.Status(url: ICEServerURL(kind: .turn(.udp), host: "relay.example", port: 3478))
        status.failure = .wrongCredentials
        let findings = examination([mapped(first, 5), mapped(second, 6)], relays: [status]).findings
        let relay = try #require(findings.first { $0.label == "turn:relay.example:3478" })
        #expect(relay.remedy?.contains("--turn-user") == true)
        #expect(findings.first { $0.label == "NAT" }?.remedy?.contains("relay") == true)
        #expect(findings.first { $0.label == "stun:stun.example:3478" }?.value.contains("203.0.113.1:5") == true)
        status.failure = nil
        status.isAllocated = true
        let better = examination([mapped(first, 5), mapped(second, 5)], relays: [status]).findings
        #expect(better.allSatisfy { $0.remedy == nil })
        #expect(better.last == NetworkFinding(label: "Calls", value: "direct: yes, relay: yes"))
    }

    @Test func `Silence of all servers looks like a firewall`() throws {
        let findings = examination([]).findings
        #expect(findings.last?.value.contains("UDP seems to be blocked") == true)
        #expect(findings.first { $0.label == "stun:stun.example:3478" }?.value == "does not answer")
    }
}
