import Glibc
import NIOHTTP1
import SignalingProtocol
import SocketIO

/// A page in Prometheus's text format, version 0.0.4.
struct MetricsText {
    private(set) var text = ""

    /// A metric of which there is one.
    mutating func metric(_ name: String, _ type: String, _ help: String, _ value: some Numeric) {
        begin(name, type, help)
        text += "\(name) \(value)\n"
    }

    /// A metric for each value of a label. Labels are words of the protocol: nothing of a client's is among them.
    mutating func metric(_ name: String, _ type: String, _ help: String, _ label: String, _ values: [String: Int]) {
        begin(name, type, help)
        for (key, value) in values.sorted(by: { $0.key < $1.key }) { text += "\(name){\(label)=\"\(key)\"} \(value)\n" }
    }

    private mutating func begin(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }
}

extension ServerCore {
    var metricsPage: Page {
        var page = MetricsText()
        let counts = hub.counts
        let prefix = "glyphone_signaling_"
        page.metric(prefix + "connections", "gauge", "Clients' connections that are open.", counts.connections)
        page.metric(prefix + "peers", "gauge", "Peers, those whose connection is lost among them.", counts.peers)
        page.metric(prefix + "observers", "gauge", "Observers.", counts.observers)
        page.metric(prefix + "rooms", "gauge", "Rooms with somebody in them.", counts.rooms)
        page.metric(
            prefix + "calls", "gauge", "Calls that ring or are up.", "state",
            ["ringing": counts.calls - hub.activeCallCount, "active": hub.activeCallCount])
        page.metric(prefix + "queue_bytes", "gauge", "What waits to be sent, to clients and to lost ones.", queuedBytes)
        page.metric(prefix + "messages_received_total", "counter", "Messages of clients.", "type", tally.received)
        page.metric(prefix + "messages_sent_total", "counter", "Messages to clients.", tally.sent)
        page.metric(prefix + "errors_total", "counter", "Messages answered with an error.", "code", tally.refused)
        page.metric(prefix + "dropped_total", "counter", "Messages for lost peers that their full queues did not take.", hub.droppedCount)
        page.metric(prefix + "closed_total", "counter", "Connections that the server closed.", "code", tally.closed)
        page.metric(prefix + "resumes_total", "counter", "Attempts to resume a session.", "result", tally.resumes)
        page.metric(
            prefix + "received_bytes_total", "counter", "Bytes of messages read, with their frames or requests.",
            tally.bytesReceived + socketIO.engine.bytesReceived)
        page.metric(
            prefix + "sent_bytes_total", "counter", "Bytes of messages written, with their frames or answers.",
            tally.bytesSent + socketIO.engine.bytesSent)
        let process = ProcessUsage.now
        page.metric("process_cpu_seconds_total", "counter", "User and system time.", process.processorSeconds)
        page.metric("process_resident_memory_bytes", "gauge", "Memory that is resident.", process.residentBytes)
        page.metric("process_max_fds", "gauge", "The most files that may be open.", process.fileLimit)
        return Page(status: .ok, headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"], body: Array(page.text.utf8))
    }
}

/// What this process has used.
private struct ProcessUsage {
    var processorSeconds: Double
    var residentBytes: Int
    var fileLimit: Int

    static var now: ProcessUsage {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return ProcessUsage(
            processorSeconds: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9, residentBytes: residentPages * sysconf(Int32(_SC_PAGESIZE)),
            fileLimit: Int(clamping: limit.rlim_cur))
    }

    /// The second field of /proc/self/statm (proc(5)).
    private static var residentPages: Int {
        guard let file = fopen("/proc/self/statm", "re") else { return 0 }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = fread(&bytes, 1, bytes.count, file)
        let fields = bytes[..<count].split(separator: UInt8(ascii: " "))
        return fields.count > 1 ? Int(String(decoding: fields[1], as: UTF8.self)) ?? 0 : 0
    }
}
