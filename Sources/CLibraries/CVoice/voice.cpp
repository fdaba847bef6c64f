#include "CVoice.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <new>

#include "webrtc/modules/audio_processing/include/audio_processing.h"

namespace {

constexpr int kRate = 16000;
constexpr int kBlock = 160;

using webrtc::AudioProcessing;

void toFloat(const int16_t *from, float *to) {
    for (int i = 0; i < kBlock; ++i) to[i] = from[i] / 32768.0f;
}

void toInteger(const float *from, int16_t *to) {
    for (int i = 0; i < kBlock; ++i) {
        to[i] = static_cast<int16_t>(std::lrintf(std::min(std::max(from[i] * 32768.0f, -32768.0f), 32767.0f)));
    }
}

}  // namespace

struct glyphone_voice {
    std::unique_ptr<AudioProcessing> processing;
    float block[kBlock];
};

extern "C" glyphone_voice *glyphone_voice_create(const glyphone_voice_options *options) {
    webrtc::Config config;
    // The other kind of gain control turns a mixer's knob, which is the person's.
    config.Set<webrtc::ExperimentalAgc>(new webrtc::ExperimentalAgc(false));
    std::unique_ptr<AudioProcessing> processing(AudioProcessing::Create(config));
    if (!processing) return nullptr;
    webrtc::ProcessingConfig formats;
    for (auto &format : formats.streams) format = webrtc::StreamConfig(kRate, 1);
    if (processing->Initialize(formats) != AudioProcessing::kNoError) return nullptr;

    int status = processing->high_pass_filter()->Enable(options->high_pass != 0);
    auto *echo = processing->echo_cancellation();
    // Most of the echo is gone by now. More than the least would take the near voice with what is left, while both speak.
    status |= echo->set_suppression_level(webrtc::EchoCancellation::kLowSuppression);
    status |= echo->Enable(options->echo_cancellation != 0);
    auto *noise = processing->noise_suppression();
    status |= noise->set_level(webrtc::NoiseSuppression::kModerate);
    status |= noise->Enable(options->noise_suppression != 0);
    auto *gain = processing->gain_control();
    status |= gain->set_mode(webrtc::GainControl::kAdaptiveDigital);
    status |= gain->Enable(options->gain_control != 0);
    if (status != AudioProcessing::kNoError) return nullptr;

    auto *voice = new (std::nothrow) glyphone_voice;
    if (voice) voice->processing = std::move(processing);
    return voice;
}

extern "C" void glyphone_voice_free(glyphone_voice *voice) {
    delete voice;
}

extern "C" int glyphone_voice_cancel_echo(glyphone_voice *voice, int is_on) {
    return voice->processing->echo_cancellation()->Enable(is_on != 0);
}

extern "C" int glyphone_voice_far(glyphone_voice *voice, const int16_t *samples) {
    toFloat(samples, voice->block);
    float *channel = voice->block;
    const webrtc::StreamConfig format(kRate, 1);
    return voice->processing->ProcessReverseStream(&channel, format, format, &channel);
}

extern "C" int glyphone_voice_near(glyphone_voice *voice, int16_t *samples) {
    toFloat(samples, voice->block);
    float *channel = voice->block;
    const webrtc::StreamConfig format(kRate, 1);
    voice->processing->set_stream_delay_ms(0);
    const int status = voice->processing->ProcessStream(&channel, format, format, &channel);
    if (status == AudioProcessing::kNoError) toInteger(channel, samples);
    return status;
}
