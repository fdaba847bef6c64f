#include "CTerminalVideo.h"
#include "kernel.h"

// Eight cells side by side.
typedef float lanes __attribute__((ext_vector_type(8), aligned(4)));
typedef int32_t integers __attribute__((ext_vector_type(8), aligned(4)));

#define LOAD(p) (*(const lanes *)(p))
#define STORE(p, v) (*(lanes *)(p) = (v))
#define DIFFERENCE(to, from) __builtin_convertvector(*(const integers *)(to) - *(const integers *)(from), lanes)
#define CHOOSE(mask, a, b) ((lanes)(((mask) & (integers)(a)) | (~(mask) & (integers)(b))))

// The best glyph so far. Two colours explain A^2/a + B^2/b of a cell's energy, for the sums A and B over the shares a and b: what explains
// most leaves the least squared error.
#define BEST(sum, score, index)                                                   \
    do {                                                                          \
        const lanes s_ = (score);                                                 \
        const integers better_ = s_ > best;                                       \
        best = CHOOSE(better_, s_, best);                                         \
        ink = CHOOSE(better_, (sum), ink);                                        \
        glyph = (better_ & (integers)(index)) | (~better_ & glyph);               \
    } while (0)

#define CONSIDER(sum, share, index)                                               \
    do {                                                                          \
        const lanes a_ = (sum), b_ = total - a_;                                  \
        STORE(row->samples + (index) * columns + c, a_);                          \
        BEST(a_, a_ * a_ * (lanes)(1.0f / (share)) + b_ * b_ * (lanes)(1.0f / (1 - (share))), index); \
    } while (0)

KERNEL void tv_search_blocks(
    const tv_row *row, const int32_t *restrict strips, const int32_t *restrict upper, const int32_t *restrict lower,
    const float *restrict reciprocals) {
    const int32_t columns = row->columns;
    for (int32_t c = 0; c < columns; c += 8) {
        const lanes reciprocal = LOAD(reciprocals + c);
        const lanes eighth = reciprocal * 0.125f, half = reciprocal * 0.5f;
#define STRIP(k) (DIFFERENCE(strips + (2 * (k) + 1) * columns + c, strips + 2 * (k) * columns + c) * eighth)
        const lanes low1 = STRIP(7), low2 = low1 + STRIP(6), low3 = low2 + STRIP(5), low4 = low3 + STRIP(4), low5 = low4 + STRIP(3),
                    low6 = low5 + STRIP(2), low7 = low6 + STRIP(1), total = low7 + STRIP(0);
#define LEFT(edges, k) (DIFFERENCE(edges + (k) * columns + c, edges + c) * half)
        const lanes upperLeft = LEFT(upper, 4), lowerLeft = LEFT(lower, 4);
        const lanes upperRight = LEFT(upper, 8) - upperLeft, lowerRight = LEFT(lower, 8) - lowerLeft;
        lanes best = total * total, ink = 0;
        integers glyph = 0;
        STORE(row->samples + c, ink);
        CONSIDER(low1, 0.125f, 1);
        CONSIDER(low2, 0.25f, 2);
        CONSIDER(low3, 0.375f, 3);
        CONSIDER(low4, 0.5f, 4);
        CONSIDER(low5, 0.625f, 5);
        CONSIDER(low6, 0.75f, 6);
        CONSIDER(low7, 0.875f, 7);
        CONSIDER(LEFT(upper, 1) + LEFT(lower, 1), 0.125f, 8);
        CONSIDER(LEFT(upper, 2) + LEFT(lower, 2), 0.25f, 9);
        CONSIDER(LEFT(upper, 3) + LEFT(lower, 3), 0.375f, 10);
        CONSIDER(upperLeft + lowerLeft, 0.5f, 11);
        CONSIDER(LEFT(upper, 5) + LEFT(lower, 5), 0.625f, 12);
        CONSIDER(LEFT(upper, 6) + LEFT(lower, 6), 0.75f, 13);
        CONSIDER(LEFT(upper, 7) + LEFT(lower, 7), 0.875f, 14);
        CONSIDER(upperLeft, 0.25f, 15);
        CONSIDER(upperRight, 0.25f, 16);
        CONSIDER(lowerLeft, 0.25f, 17);
        CONSIDER(lowerRight, 0.25f, 18);
        CONSIDER(upperLeft + lowerRight, 0.5f, 19);
        STORE(row->total + c, total);
        STORE(row->ink + c, ink);
        STORE(row->gain + c, best - total * total);
        *(integers *)(row->glyph + c) = glyph;
    }
}

static inline __attribute__((always_inline)) void search_masks(const tv_row *row, const tv_glyphs *glyphs, const int32_t n) {
    const int32_t columns = row->columns;
    const float share = 1.0f / (float)n;
    for (int32_t c = 0; c < columns; c += 8) {
        lanes samples[8];
        lanes total = 0;
        for (int32_t j = 0; j < n; j++) {
            samples[j] = LOAD(row->samples + j * columns + c);
            total += samples[j];
        }
        total *= share;
        lanes best = total * total, ink = 0;
        integers glyph = 0;
        for (int32_t g = 1; g < glyphs->count; g++) {
            const float *mask = glyphs->masks + g * n;
            lanes sum = 0;
            for (int32_t j = 0; j < n; j++) sum += samples[j] * mask[j];
            const lanes rest = total - sum;
            BEST(sum, sum * sum * glyphs->inverseA[g] + rest * rest * glyphs->inverseB[g], g);
        }
        STORE(row->total + c, total);
        STORE(row->ink + c, ink);
        STORE(row->gain + c, best - total * total);
        *(integers *)(row->glyph + c) = glyph;
    }
}

static inline __attribute__((always_inline)) void search_fixed(const tv_row *row, const tv_glyphs *glyphs, const int32_t n) {
    const int32_t columns = row->columns;
    for (int32_t c = 0; c < columns; c += 8) {
        lanes samples[8];
        for (int32_t j = 0; j < n; j++) samples[j] = LOAD(row->samples + j * columns + c);
        lanes best = 0, ink = 0;
        integers glyph = 0;
        for (int32_t g = 1; g < glyphs->count; g++) {
            const float *mask = glyphs->masks + g * n;
            lanes sum = 0;
            for (int32_t j = 0; j < n; j++) sum += samples[j] * mask[j];
            BEST(sum, sum * 2 - glyphs->squares[g], g);
        }
        STORE(row->ink + c, ink);
        STORE(row->gain + c, best);
        *(integers *)(row->glyph + c) = glyph;
    }
}

// Once for each number of samples that there is, so that their loops are unrolled.
#define BY_SAMPLES(function)                        \
    switch (glyphs->samples) {                      \
    case 1: function(row, glyphs, 1); break;        \
    case 2: function(row, glyphs, 2); break;        \
    case 4: function(row, glyphs, 4); break;        \
    case 6: function(row, glyphs, 6); break;        \
    default: function(row, glyphs, 8); break;       \
    }

KERNEL void tv_search_masks(const tv_row *row, const tv_glyphs *glyphs) { BY_SAMPLES(search_masks) }

KERNEL void tv_search_fixed(const tv_row *row, const tv_glyphs *glyphs) { BY_SAMPLES(search_fixed) }
