import ICE
import STUN
import Wire

extension PeerConnection {
    /// What is known of the relays.
    public var relayStatuses: [ICERelays.Status] { relays.statuses }

    /// Why no path was found, as far as this end can tell, and what to do: words for a person, without a full stop.
    public var pathDiagnosis: String {
        if iceState == .connected || iceState == .completed {
            return "a path was found, but the keys for sound and picture were not agreed on over it; call again"
        }
        let statistics = ice.statistics
        let local = statistics.localCandidates
        let statuses = relayStatuses
        let refusals = statuses.compactMap { status in status.failure.map { $0.sentence(about: status.url.description) } }
        let advice = refusals.isEmpty ? "" : "; " + refusals.joined(separator: "; ")
        if configuration.isRelayOnly, !statuses.contains(where: \.isAllocated) {
            if statuses.isEmpty { return "only relays may be used and none is set: give --turn, or leave --relay-only out" }
            return refusals.first ?? "only relays may be used, and none has answered yet"
        }
        if local.isEmpty { return "this machine has no network address: check its connection" + advice }
        if statistics.remoteCandidates.isEmpty {
            return "the other side named no address where it can be reached: its network may be down" + advice
        }
        if statuses.contains(where: \.isAllocated) {
            return "no path was found, not even through the relay: the other side's firewall may block UDP, and it has no relay of its own"
        }
        if !refusals.isEmpty { return "no direct path was found, and " + refusals.joined(separator: "; ") }
        let asked = statistics.stunServers
        if !asked.isEmpty, statistics.mappings.isEmpty {
            return "no direct path was found, and the STUN server \(asked[0]) does not answer: a firewall may block UDP; "
                + "a relay helps (--turn turns:HOST, or glyphone server --turn)"
        }
        return "no direct path was found, and no relay is set: give --turn URL, or have the server hand one out (glyphone server --turn)"
    }
}
