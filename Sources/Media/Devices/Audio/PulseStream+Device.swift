import CPulse
import MediaSources

/// Which device the stream is on: the server moves it when one goes, when the default changes, or when a person does so.
extension PulseStream {
    private var facility: pa_subscription_event_type_t {
        direction == .playback ? PA_SUBSCRIPTION_EVENT_SINK : PA_SUBSCRIPTION_EVENT_SOURCE
    }

    /// Has the server tell when devices come and go.
    func watchDevices() {
        guard let context else { return }
        pa_context_set_subscribe_callback(
            context, { _, event, index, user in PulseStream.from(user)?.devicesChanged(event, index) }, user)
        let mask = direction == .playback ? PA_SUBSCRIPTION_MASK_SINK : PA_SUBSCRIPTION_MASK_SOURCE
        if let operation = pa_context_subscribe(context, mask, nil, nil) { pa_operation_unref(operation) }
    }

    private func devicesChanged(_ event: pa_subscription_event_type_t, _ index: UInt32) {
        guard event.rawValue & PA_SUBSCRIPTION_EVENT_FACILITY_MASK.rawValue == facility.rawValue, device != nil else { return }
        let kind = event.rawValue & PA_SUBSCRIPTION_EVENT_TYPE_MASK.rawValue
        if kind == PA_SUBSCRIPTION_EVENT_REMOVE.rawValue, index == homeIndex {
            // The server has moved the stream to another; the person did not.
            isSubstituted = true
        } else if kind == PA_SUBSCRIPTION_EVENT_NEW.rawValue, isSubstituted {
            goHome()
        }
    }

    /// Moves to the device that the person named, if that is there again.
    private func goHome() {
        guard let context, let stream, let device else { return }
        let done: pa_context_success_cb_t = { _, success, user in
            guard success != 0, let stream = PulseStream.from(user) else { return }
            stream.isSubstituted = false
            if let moved = stream.stream { stream.homeIndex = pa_stream_get_device_index(moved) }
        }
        let index = pa_stream_get_index(stream)
        let operation =
            direction == .playback
            ? pa_context_move_sink_input_by_name(context, index, device, done, user)
            : pa_context_move_source_output_by_name(context, index, device, done, user)
        if let operation { pa_operation_unref(operation) }
    }

    func moved() {
        buffer.begin(at: MediaClock.monotonicNanoseconds)
        askForDevice()
    }

    /// Finds out what the stream is connected with. Until then nothing of a capture is let through: it could be what a speaker plays.
    func askForDevice() {
        guard let context, let stream else { return }
        isUsable = false
        let index = pa_stream_get_device_index(stream)
        let operation =
            direction == .playback
            ? pa_context_get_sink_info_by_index(
                context, index,
                { _, info, end, user in
                    guard end == 0, let info = info?.pointee, let name = info.name else { return }
                    PulseStream.from(user)?.take(
                        index: info.index, name: name, description: info.description, driver: info.driver, isMonitor: false)
                }, user)
            : pa_context_get_source_info_by_index(
                context, index,
                { _, info, end, user in
                    guard end == 0, let info = info?.pointee, let name = info.name else { return }
                    PulseStream.from(user)?.take(
                        index: info.index, name: name, description: info.description, driver: info.driver,
                        isMonitor: info.monitor_of_sink_name != nil)
                }, user)
        if let operation { pa_operation_unref(operation) }
    }

    private func take(
        index: UInt32, name: UnsafePointer<CChar>, description: UnsafePointer<CChar>?, driver: UnsafePointer<CChar>?, isMonitor: Bool
    ) {
        // An answer that the next move has made old is followed by another.
        guard let stream, pa_stream_get_device_index(stream) == index else { return }
        let name = String(cString: name)
        let driver = driver.map { String(cString: $0) } ?? ""
        // What a speaker plays is no microphone, unless the person says so: the others would hear themselves.
        if direction == .capture, isMonitor, name != device { return change(to: .failed(Int32(PA_ERR_NOENTITY.rawValue))) }
        isUsable = true
        change(
            to: .running(
                Device(
                    name: name, description: description.map { String(cString: $0) } ?? name, isMonitor: isMonitor,
                    cancelsEcho: [name, driver].contains { $0.contains("echo-cancel") || $0.contains("echocancel") })))
    }
}
