import CPulse

/// What all of our connections to a PulseAudio server have in common.
enum PulseClient {
    /// A context, not yet connected, that shows as this program; nil if the library has no memory for it.
    static func makeContext(_ mainloop: OpaquePointer) -> OpaquePointer? {
        let properties = pa_proplist_new()
        defer { if let properties { pa_proplist_free(properties) } }
        if let properties {
            pa_proplist_sets(properties, PA_PROP_APPLICATION_NAME, "glyphone")
            pa_proplist_sets(properties, PA_PROP_APPLICATION_ID, "glyphone")
        }
        return pa_context_new_with_proplist(pa_threaded_mainloop_get_api(mainloop), "glyphone", properties)
    }

    /// A stream of 48 kHz mono in a context that is ready. The role makes the server's echo canceller and its policies for calls apply.
    static func makeStream(_ context: OpaquePointer, name: String) -> OpaquePointer? {
        let properties = pa_proplist_new()
        defer { if let properties { pa_proplist_free(properties) } }
        if let properties { pa_proplist_sets(properties, PA_PROP_MEDIA_ROLE, "phone") }
        var format = pa_sample_spec(format: PA_SAMPLE_S16LE, rate: 48_000, channels: 1)
        return pa_stream_new_with_proplist(context, name, &format, nil, properties)
    }

    /// PulseAudio's words for an error.
    static func text(of error: Int32) -> String {
        pa_strerror(error).map { String(cString: $0) } ?? "error \(error)"
    }
}
