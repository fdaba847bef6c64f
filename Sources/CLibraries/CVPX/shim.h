#pragma once

#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

// The library's initialisers are macros that add its ABI version; its control function is variadic.

static inline vpx_codec_err_t glyphone_vp8_encoder_init(vpx_codec_ctx_t *context, const vpx_codec_enc_cfg_t *configuration) {
    return vpx_codec_enc_init(context, vpx_codec_vp8_cx(), configuration, 0);
}

static inline vpx_codec_err_t glyphone_vp8_default_configuration(vpx_codec_enc_cfg_t *configuration) {
    return vpx_codec_enc_config_default(vpx_codec_vp8_cx(), configuration, 0);
}

static inline vpx_codec_err_t glyphone_vp8_decoder_init(vpx_codec_ctx_t *context, const vpx_codec_dec_cfg_t *configuration) {
    return vpx_codec_dec_init(context, vpx_codec_vp8_dx(), configuration, 0);
}

static inline vpx_codec_err_t glyphone_vpx_control(vpx_codec_ctx_t *context, int identifier, int value) {
    return vpx_codec_control_(context, identifier, value);
}

static inline vpx_codec_err_t glyphone_vpx_get(vpx_codec_ctx_t *context, int identifier, int *value) {
    return vpx_codec_control_(context, identifier, value);
}

static inline const vpx_codec_cx_pkt_t *glyphone_vpx_next_frame(vpx_codec_ctx_t *context, const void **iterator) {
    const vpx_codec_cx_pkt_t *packet;
    while ((packet = vpx_codec_get_cx_data(context, iterator))) {
        if (packet->kind == VPX_CODEC_CX_FRAME_PKT) return packet;
    }
    return 0;
}

static inline const uint8_t *glyphone_vpx_bytes(const vpx_codec_cx_pkt_t *packet) { return packet->data.frame.buf; }
static inline size_t glyphone_vpx_byte_count(const vpx_codec_cx_pkt_t *packet) { return packet->data.frame.sz; }
static inline int glyphone_vpx_is_key(const vpx_codec_cx_pkt_t *packet) {
    return (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
}
