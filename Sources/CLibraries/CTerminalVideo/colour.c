#include "CTerminalVideo.h"
#include "kernel.h"

// What a table is read at differs by column, what is written does not: the columns are independent.
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")

static inline __attribute__((always_inline)) uint32_t level(float value) {
    value = value > 0 ? value : 0;
    return (uint32_t)(int32_t)(value < 255 ? value : 255);
}

// BT.601 with the range 16...235, chroma around 0.
static inline __attribute__((always_inline)) uint32_t rgb(float luma, float blue, float red) {
    const float y = 1.164383f * (luma - 16) + 0.5f;
    return level(y + 1.596027f * red) << 16 | level(y - 0.391762f * blue - 0.812968f * red) << 8 | level(y + 2.017232f * blue);
}

// The squared difference of a colour and its RGB.
static inline __attribute__((always_inline)) float lost(float luma, float blue, float red, uint32_t rgb, float chroma) {
    const float r = (float)(int32_t)(rgb >> 16), g = (float)(int32_t)(rgb >> 8 & 255), b = (float)(int32_t)(rgb & 255);
    const float y = 0.256788f * r + 0.504129f * g + 0.097906f * b + 16 - luma;
    const float u = -0.148223f * r - 0.290993f * g + 0.439216f * b - blue;
    const float v = 0.439216f * r - 0.367788f * g - 0.071427f * b - red;
    return y * y + chroma * (u * u + v * v);
}

KERNEL void tv_colours(const tv_row *row, const tv_glyphs *glyphs, float chroma) {
    const int32_t columns = row->columns, count = glyphs->count;
    const float *restrict blue = row->blue, *restrict red = row->red, *restrict ink = row->ink, *restrict total = row->total;
    const float *restrict inverseA = glyphs->inverseA, *restrict inverseB = glyphs->inverseB, *restrict quadrants = glyphs->quadrants;
    const int32_t *restrict glyph = row->glyph;
    const float *restrict shares = glyphs->shares;
    float *restrict colours = row->colours, *restrict loss = row->loss;
    uint32_t *restrict foreground = row->foreground, *restrict background = row->background;
    INDEPENDENT
    for (int32_t c = 0; c < columns; c++) {
        const int32_t g = glyph[c];
        float blueA = 0, redA = 0, blueTotal = 0, redTotal = 0;
        for (int32_t q = 0; q < 4; q++) {
            const float share = quadrants[q * count + g], u = blue[q * columns + c], v = red[q * columns + c];
            blueA += share * u;
            redA += share * v;
            blueTotal += 0.25f * u;
            redTotal += 0.25f * v;
        }
        const float a = inverseA[g], b = inverseB[g];
        const float luma = ink[c] * a, lumaB = (total[c] - ink[c]) * b;
        const float u = blueA * a, v = redA * a, uB = (blueTotal - blueA) * b, vB = (redTotal - redA) * b;
        colours[c] = luma;
        colours[columns + c] = u;
        colours[2 * columns + c] = v;
        colours[3 * columns + c] = lumaB;
        colours[4 * columns + c] = uB;
        colours[5 * columns + c] = vB;
        const uint32_t rgbA = rgb(luma, u, v), rgbB = rgb(lumaB, uB, vB);
        foreground[c] = rgbA;
        background[c] = rgbB;
        const float share = shares[g];
        loss[c] = share * lost(luma, u, v, rgbA, chroma) + (1 - share) * lost(lumaB, uB, vB, rgbB, chroma);
    }
}

KERNEL void tv_shown_blocks(const tv_row *row, const uint8_t *restrict shown) {
    const int32_t columns = row->columns;
    const float *restrict samples = row->samples;
    float *restrict ink = row->shownInk;
    INDEPENDENT
    for (int32_t c = 0; c < columns; c++) ink[c] = samples[shown[c] * columns + c];
}

KERNEL void tv_shown_masks(const tv_row *row, const tv_glyphs *glyphs, const uint8_t *restrict shown) {
    const int32_t columns = row->columns, n = glyphs->samples;
    const float *restrict samples = row->samples, *restrict masks = glyphs->masks;
    float *restrict ink = row->shownInk;
    for (int32_t c = 0; c < columns; c++) ink[c] = 0;
    for (int32_t j = 0; j < n; j++) {
        INDEPENDENT
        for (int32_t c = 0; c < columns; c++) ink[c] += samples[j * columns + c] * masks[shown[c] * n + j];
    }
}

KERNEL void tv_excess(
    const tv_row *row, const tv_glyphs *glyphs, const uint8_t *restrict shown, const float *restrict colours, ptrdiff_t stride, float chroma) {
    const int32_t columns = row->columns, count = glyphs->count;
    const float *restrict blue = row->blue, *restrict red = row->red, *restrict ink = row->shownInk, *restrict total = row->total;
    const float *restrict gain = row->gain, *restrict shares = glyphs->shares, *restrict quadrants = glyphs->quadrants;
    const float *restrict inverseA = glyphs->inverseA, *restrict inverseB = glyphs->inverseB;
    float *restrict excess = row->excess;
    INDEPENDENT
    for (int32_t c = 0; c < columns; c++) {
        const int32_t g = shown[c];
        const float a = shares[g], b = 1 - a, t = total[c], luma = colours[c], lumaB = colours[3 * stride + c];
        float error = gain[c] + t * t - 2 * (luma * ink[c] + lumaB * (t - ink[c])) + a * luma * luma + b * lumaB * lumaB;
        float blueA = 0, redA = 0, blueTotal = 0, redTotal = 0;
        for (int32_t q = 0; q < 4; q++) {
            const float share = quadrants[q * count + g], u = blue[q * columns + c], v = red[q * columns + c];
            blueA += share * u;
            redA += share * v;
            blueTotal += 0.25f * u;
            redTotal += 0.25f * v;
        }
        const float u = blueA * inverseA[g] - colours[stride + c], v = redA * inverseA[g] - colours[2 * stride + c];
        const float uB = (blueTotal - blueA) * inverseB[g] - colours[4 * stride + c];
        const float vB = (redTotal - redA) * inverseB[g] - colours[5 * stride + c];
        error += chroma * (a * (u * u + v * v) + b * (uB * uB + vB * vB));
        excess[c] = error;
    }
}

KERNEL void tv_excess_fixed(const tv_row *row, const tv_glyphs *glyphs, const uint8_t *restrict shown) {
    const int32_t columns = row->columns;
    const float *restrict ink = row->shownInk, *restrict gain = row->gain, *restrict squares = glyphs->squares;
    float *restrict excess = row->excess;
    INDEPENDENT
    for (int32_t c = 0; c < columns; c++) excess[c] = gain[c] - (2 * ink[c] - squares[shown[c]]);
}
