import CPulse
import MediaSources

/// A microphone or a speaker.
public struct AudioDevice: Hashable, Sendable {
    /// What `mic:` and `speaker:` take.
    public var name: String
    /// For people.
    public var description: String
    /// Whether the server chooses it when none is named.
    public var isDefault: Bool
    /// Whether it is no microphone, but what a speaker plays.
    public var isMonitor: Bool
}

/// The sound devices that a PulseAudio server offers.
public struct AudioDevices: Hashable, Sendable {
    public var speakers: [AudioDevice] = []
    public var microphones: [AudioDevice] = []
    /// The server's own name and version.
    public var server = ""

    /// Asks the server.
    ///
    /// - Parameters:
    ///   - server: an address, as in PULSE_SERVER; nil for the usual one.
    ///   - timeout: how long the caller is blocked at most.
    /// - Throws: a sentence when no server answers.
    public static func list(server: String? = nil, timeout: Duration = .seconds(1)) throws(MediaError) -> AudioDevices {
        guard let inquiry = PulseInquiry() else {
            throw MediaError("there is no memory left to ask for sound devices: close other programs")
        }
        return try inquiry.run(server: server, timeout: timeout)
    }
}

/// One question to a PulseAudio server.
private final class PulseInquiry: @unchecked Sendable {
    /// Devices listed at most of each kind: what a person can choose from.
    private static let maximumDevices = 100

    private struct Answer {
        var devices = AudioDevices()
        var defaultSpeaker: String?
        var defaultMicrophone: String?
        /// Of the three parts of the answer.
        var missing = 3
        var error: Int32?
    }

    private let answer = Monitor(Answer())
    private let mainloop: OpaquePointer
    private let context: OpaquePointer

    init?() {
        guard let mainloop = pa_threaded_mainloop_new() else { return nil }
        guard let context = PulseClient.makeContext(mainloop) else {
            pa_threaded_mainloop_free(mainloop)
            return nil
        }
        self.mainloop = mainloop
        self.context = context
    }

    deinit {
        pa_context_set_state_callback(context, nil, nil)
        pa_context_disconnect(context)
        pa_context_unref(context)
        pa_threaded_mainloop_free(mainloop)
    }

    func run(server: String?, timeout: Duration) throws(MediaError) -> AudioDevices {
        let deadline = MediaClock.monotonicNanoseconds + timeout.wholeNanoseconds
        pa_context_set_state_callback(
            context, { _, user in PulseInquiry.from(user)?.contextChanged() }, Unmanaged.passUnretained(self).toOpaque())
        if pa_context_connect(context, server, PA_CONTEXT_NOAUTOSPAWN, nil) < 0 { fail() }
        if pa_threaded_mainloop_start(mainloop) < 0 { fail() }
        // The thread ends before the last reference to us can go, which it must not be the one to drop.
        defer { pa_threaded_mainloop_stop(mainloop) }
        let result = answer.wait(until: deadline) { $0.missing == 0 || $0.error != nil ? $0 : nil }
        guard let result else {
            throw MediaError("the sound server does not answer: restart PulseAudio or PipeWire and try again")
        }
        if let error = result.error {
            throw MediaError(
                "no sound server (PulseAudio or PipeWire) can be reached (\(PulseClient.text(of: error))): start one and try again")
        }
        var devices = result.devices
        for index in devices.speakers.indices { devices.speakers[index].isDefault = devices.speakers[index].name == result.defaultSpeaker }
        for index in devices.microphones.indices {
            devices.microphones[index].isDefault = devices.microphones[index].name == result.defaultMicrophone
        }
        return devices
    }

    private static func from(_ user: UnsafeMutableRawPointer?) -> PulseInquiry? {
        user.map { Unmanaged<PulseInquiry>.fromOpaque($0).takeUnretainedValue() }
    }

    private func fail() {
        let error = pa_context_errno(context)
        answer.update { $0.error = error }
    }

    private func contextChanged() {
        let state = pa_context_get_state(context)
        if state == PA_CONTEXT_READY {
            ask()
        } else if glyphone_pa_context_is_good(state) == 0 {
            fail()
        }
    }

    private func ask() {
        let user = Unmanaged.passUnretained(self).toOpaque()
        let operations = [
            pa_context_get_server_info(context, { _, info, user in PulseInquiry.from(user)?.take(server: info) }, user),
            pa_context_get_sink_info_list(context, { _, info, end, user in PulseInquiry.from(user)?.take(sink: info, end: end) }, user),
            pa_context_get_source_info_list(context, { _, info, end, user in PulseInquiry.from(user)?.take(source: info, end: end) }, user),
        ]
        for operation in operations {
            guard let operation else {
                fail()
                continue
            }
            pa_operation_unref(operation)
        }
    }

    private func take(server: UnsafePointer<pa_server_info>?) {
        answer.update { answer in
            let names = [server?.pointee.server_name, server?.pointee.server_version].compactMap { $0.map { String(cString: $0) } }
            answer.devices.server = names.joined(separator: " ")
            answer.defaultSpeaker = server?.pointee.default_sink_name.map { String(cString: $0) }
            answer.defaultMicrophone = server?.pointee.default_source_name.map { String(cString: $0) }
            answer.missing -= 1
        }
    }

    private func take(sink: UnsafePointer<pa_sink_info>?, end: Int32) {
        answer.update { answer in
            guard end == 0 else { return answer.missing -= 1 }
            guard let sink = sink?.pointee, let name = sink.name, answer.devices.speakers.count < Self.maximumDevices else { return }
            answer.devices.speakers.append(Self.device(name, sink.description, isMonitor: false))
        }
    }

    private func take(source: UnsafePointer<pa_source_info>?, end: Int32) {
        answer.update { answer in
            guard end == 0 else { return answer.missing -= 1 }
            guard let source = source?.pointee, let name = source.name, answer.devices.microphones.count < Self.maximumDevices else {
                return
            }
            answer.devices.microphones.append(Self.device(name, source.description, isMonitor: source.monitor_of_sink_name != nil))
        }
    }

    private static func device(_ name: UnsafePointer<CChar>, _ description: UnsafePointer<CChar>?, isMonitor: Bool) -> AudioDevice {
        let name = String(cString: name)
        return AudioDevice(
            name: name, description: description.map { String(cString: $0) } ?? name, isDefault: false, isMonitor: isMonitor)
    }
}
