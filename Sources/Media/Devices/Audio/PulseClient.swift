import CPulse

/// What all of our connections to a PulseAudio server have in common.
enum PulseClient {
    /// A context, not yet connected, that shows as this program; nil if the library has no memory for it.
    static func makeContext(_ mainloop: OpaquePointer) -> OpaquePointer? {
        withProperties([
            PA_PROP_APPLICATION_NAME: "Glyphone", PA_PROP_APPLICATION_ID: "glyphone", PA_PROP_APPLICATION_ICON_NAME: "call-start",
        ]) { pa_context_new_with_proplist(pa_threaded_mainloop_get_api(mainloop), "Glyphone", $0) }
    }

    /// A stream of 48 kHz mono in a context that is ready.
    ///
    /// The role makes the server treat it as a call: other sound becomes quiet, a headset for calls is preferred, and an echo
    /// canceller that somebody has set up is used.
    static func makeStream(_ context: OpaquePointer, name: String) -> OpaquePointer? {
        var format = pa_sample_spec(format: PA_SAMPLE_S16LE, rate: 48_000, channels: 1)
        return withProperties([
            PA_PROP_MEDIA_ROLE: "phone", PA_PROP_MEDIA_NAME: name, PA_PROP_MEDIA_ICON_NAME: "call-start",
        ]) { pa_stream_new_with_proplist(context, name, &format, nil, $0) }
    }

    /// PulseAudio's words for an error.
    static func text(of error: Int32) -> String {
        pa_strerror(error).map { String(cString: $0) } ?? "error \(error)"
    }

    private static func withProperties<Result>(_ properties: [String: String], _ body: (OpaquePointer?) -> Result) -> Result {
        let list = pa_proplist_new()
        defer { if let list { pa_proplist_free(list) } }
        if let list { for (key, value) in properties { pa_proplist_sets(list, key, value) } }
        return body(list)
    }
}
