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
    uint32_t sum = 0;
    for (int32_t x = 0; x < width; x++) {
        prefix[x] = sum;
        sum += row[x];
    }
    prefix[width] = sum;
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
