// webrtc-audio-processing behind functions that Swift can call: it has a C++ interface only.
#ifndef CVOICE_H
#define CVOICE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct glyphone_voice glyphone_voice;

typedef struct {
    int echo_cancellation;
    int noise_suppression;
    int gain_control;
    int high_pass;
} glyphone_voice_options;

/// Processing for one microphone of 16 kHz mono, for one thread; null if it cannot be had.
glyphone_voice *glyphone_voice_create(const glyphone_voice_options *options);

void glyphone_voice_free(glyphone_voice *voice);

/// Switches the echo cancellation.
int glyphone_voice_cancel_echo(glyphone_voice *voice, int is_on);

/// Takes note of 10 ms (160 samples) that the speaker gives out while the microphone hears the next.
int glyphone_voice_far(glyphone_voice *voice, const int16_t *samples);

/// Processes 10 ms (160 samples) of the microphone's, in place.
int glyphone_voice_near(glyphone_voice *voice, int16_t *samples);

#ifdef __cplusplus
}
#endif

#endif
