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

/// Processing for one microphone of 48 kHz mono; null if it cannot be had.
glyphone_voice *glyphone_voice_create(const glyphone_voice_options *options);

void glyphone_voice_free(glyphone_voice *voice);

/// Switches the echo cancellation.
int glyphone_voice_cancel_echo(glyphone_voice *voice, int is_on);

/// Takes note of 10 ms (480 samples) that are about to be played. May run on another thread than glyphone_voice_near.
int glyphone_voice_far(glyphone_voice *voice, const int16_t *samples);

/// Processes 10 ms (480 samples) of the microphone's, in place.
///
/// delay: how many milliseconds lie between taking note of a block and its echo's arriving here, without the room's share.
int glyphone_voice_near(glyphone_voice *voice, int16_t *samples, int delay);

#ifdef __cplusplus
}
#endif

#endif
