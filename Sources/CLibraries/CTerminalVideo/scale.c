#include "CTerminalVideo.h"
#include "kernel.h"

KERNEL void tv_blend(
    const uint8_t *restrict plane, ptrdiff_t stride, int32_t width, const uint16_t *restrict weights, int32_t count, uint16_t *restrict sums) {
    // The common numbers of rows in one pass each.
    const uint16_t w0 = weights[0];
    if (count == 1) {
        for (int32_t x = 0; x < width; x++) sums[x] = (uint16_t)(plane[x] * w0);
        return;
    }
    const uint8_t *p1 = plane + stride;
    const uint16_t w1 = weights[1];
    if (count == 2) {
        for (int32_t x = 0; x < width; x++) sums[x] = (uint16_t)(plane[x] * w0 + p1[x] * w1);
        return;
    }
    const uint8_t *p2 = p1 + stride;
    const uint16_t w2 = weights[2];
    for (int32_t x = 0; x < width; x++) sums[x] = (uint16_t)(plane[x] * w0 + p1[x] * w1 + p2[x] * w2);
    for (int32_t i = 3; i < count; i++) {
        const uint8_t *p = plane + i * stride;
        const uint16_t w = weights[i];
        for (int32_t x = 0; x < width; x++) sums[x] = (uint16_t)(sums[x] + p[x] * w);
    }
}

KERNEL void tv_mean4(const uint16_t *restrict rows, ptrdiff_t stride, int32_t width, uint16_t *restrict mean) {
    const uint16_t *r1 = rows + stride, *r2 = r1 + stride, *r3 = r2 + stride;
    for (int32_t x = 0; x < width; x++) mean[x] = (uint16_t)(((uint32_t)rows[x] + r1[x] + r2[x] + r3[x] + 2) >> 2);
}

KERNEL void tv_edges(
    const uint16_t *restrict row, int32_t width, const int32_t *restrict positions, const uint32_t *restrict fractions, int32_t count,
    uint32_t *restrict prefix, int32_t *restrict edges) {
    // Eight sums at a time: within them in three steps, then all that was before.
    typedef uint16_t shorts __attribute__((ext_vector_type(8), aligned(2)));
    typedef uint32_t words __attribute__((ext_vector_type(8), aligned(4)));
    const words zero = 0;
    words before = 0;
    int32_t x = 0;
    prefix[0] = 0;
    for (; x + 8 <= width; x += 8) {
        words sums = __builtin_convertvector(*(const shorts *)(row + x), words);
        sums += __builtin_shufflevector(zero, sums, 0, 8, 9, 10, 11, 12, 13, 14);
        sums += __builtin_shufflevector(zero, sums, 0, 0, 8, 9, 10, 11, 12, 13);
        sums += __builtin_shufflevector(zero, sums, 0, 0, 0, 0, 8, 9, 10, 11);
        sums += before;
        *(words *)(prefix + x + 1) = sums;
        before = __builtin_shufflevector(sums, sums, 7, 7, 7, 7, 7, 7, 7, 7);
    }
    for (; x < width; x++) prefix[x + 1] = prefix[x] + row[x];
    for (int32_t i = 0; i < count; i++) {
        const int32_t position = positions[i];
        edges[i] = (int32_t)(prefix[position] + ((row[position] * fractions[i]) >> 16));
    }
}

KERNEL void tv_means(
    const int32_t *restrict edges, int32_t columns, int32_t across, const float *restrict reciprocals, float *restrict means) {
    for (int32_t k = 0; k < across; k++) {
        const int32_t *from = edges + k * columns, *to = from + columns;
        float *target = means + k * columns;
        for (int32_t c = 0; c < columns; c++) target[c] = (float)(to[c] - from[c]) * reciprocals[c] * (float)across;
    }
}

KERNEL void tv_chroma(const int32_t *restrict edges, int32_t columns, const float *restrict reciprocals, float *restrict quadrants) {
    const int32_t *middle = edges + columns, *end = middle + columns;
    for (int32_t c = 0; c < columns; c++) {
        quadrants[c] = (float)(middle[c] - edges[c]) * reciprocals[c] * 2 - 128;
        quadrants[columns + c] = (float)(end[c] - middle[c]) * reciprocals[c] * 2 - 128;
    }
}
