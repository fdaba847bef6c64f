// The inverse transform of 8 by 8 coefficients, T.81 A.3.3, in the steps of Arai, Agui and Nakajima: with floating-point numbers, whose
// factors take the quantization and the range of the samples with them at no cost.
#ifndef TRANSFORM_H
#define TRANSFORM_H

#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

typedef float floats __attribute__((ext_vector_type(8)));
typedef int16_t shorts __attribute__((ext_vector_type(8)));
typedef uint8_t bytes8 __attribute__((ext_vector_type(8)));

/// What a component's coefficients are multiplied by, column by column, and what its samples are.
typedef struct {
    floats factors[8];
    /// The sample that coefficients of 0 stand for, and a half, since fractions are cut off; the least and the greatest.
    float middle, least, greatest;
} transform_scale;

/// One pass over eight numbers, each a vector of eight that are independent.
INLINE void pass(floats v[8]) {
    const floats even10 = v[0] + v[4], even11 = v[0] - v[4], even13 = v[2] + v[6], even12 = (v[2] - v[6]) * 1.414213562f - even13;
    const floats even0 = even10 + even13, even3 = even10 - even13, even1 = even11 + even12, even2 = even11 - even12;
    const floats z13 = v[5] + v[3], z10 = v[5] - v[3], z11 = v[1] + v[7], z12 = v[1] - v[7];
    const floats odd7 = z11 + z13, z5 = (z10 + z12) * 1.847759065f;
    const floats odd6 = z5 - z10 * 2.613125930f - odd7, odd5 = (z11 - z13) * 1.414213562f - odd6;
    const floats odd4 = z12 * 1.082392200f - z5 + odd5;
    v[0] = even0 + odd7, v[7] = even0 - odd7;
    v[1] = even1 + odd6, v[6] = even1 - odd6;
    v[2] = even2 + odd5, v[5] = even2 - odd5;
    v[4] = even3 + odd4, v[3] = even3 - odd4;
}

INLINE void transpose(floats v[8]) {
    floats a[8], b[8];
    for (int i = 0; i < 8; i += 2) {
        a[i] = __builtin_shufflevector(v[i], v[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        a[i + 1] = __builtin_shufflevector(v[i], v[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    for (int i = 0; i < 8; i += 4) {
        b[i] = __builtin_shufflevector(a[i], a[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        b[i + 1] = __builtin_shufflevector(a[i], a[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        b[i + 2] = __builtin_shufflevector(a[i + 1], a[i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
        b[i + 3] = __builtin_shufflevector(a[i + 1], a[i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    for (int i = 0; i < 4; i++) {
        v[i] = __builtin_shufflevector(b[i], b[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        v[i + 4] = __builtin_shufflevector(b[i], b[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

INLINE void put(uint8_t *row, const floats *samples, const floats *least, const floats *greatest) {
    floats limited = *samples > *least ? *samples : *least;
    limited = limited < *greatest ? limited : *greatest;
    const bytes8 bytes = __builtin_convertvector(__builtin_convertvector(limited, shorts), bytes8);
    memcpy(row, &bytes, sizeof bytes);
}

/// Makes a block's samples of its coefficients, which lie column by column: 8 rows, or 4, each the mean of two.
///
/// - last: which of the coefficients, in zigzag order, is the last that is not 0.
INLINE void transform(const int16_t *block, int last, const transform_scale *scale, int halves, uint8_t *rows, ptrdiff_t stride) {
    const int count = halves ? 4 : 8;
    const floats least = scale->least, greatest = scale->greatest;
    floats v[8];
    if (last == 0) {
        v[0] = (float)block[0] * scale->factors[0][0] + scale->middle;
        for (int i = 0; i < count; i++) put(rows + i * stride, &v[0], &least, &greatest);
        return;
    }
    for (int i = 0; i < 8; i++) {
        shorts column;
        memcpy(&column, block + 8 * i, sizeof column);
        v[i] = __builtin_convertvector(column, floats) * scale->factors[i];
    }
    v[0][0] += scale->middle;
    pass(v);
    transpose(v);
    pass(v);
    for (int i = 0; i < count; i++) {
        if (halves) v[i] = (v[2 * i] + v[2 * i + 1]) * 0.5f;
        put(rows + i * stride, &v[i], &least, &greatest);
    }
}

#endif
