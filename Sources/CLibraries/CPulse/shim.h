// PulseAudio's asynchronous client library, with functions for the macros that Swift does not see.
#pragma once

#include <pulse/pulseaudio.h>

static const uint32_t glyphone_pa_default = (uint32_t)-1;

static inline int glyphone_pa_context_is_good(pa_context_state_t state) {
    return PA_CONTEXT_IS_GOOD(state);
}

static inline int glyphone_pa_stream_is_good(pa_stream_state_t state) {
    return PA_STREAM_IS_GOOD(state);
}

static inline pa_stream_flags_t glyphone_pa_stream_flags(void) {
    return (pa_stream_flags_t)(PA_STREAM_ADJUST_LATENCY | PA_STREAM_AUTO_TIMING_UPDATE | PA_STREAM_INTERPOLATE_TIMING);
}

static inline void glyphone_pa_time_free(pa_threaded_mainloop *mainloop, pa_time_event *event) {
    pa_threaded_mainloop_get_api(mainloop)->time_free(event);
}
