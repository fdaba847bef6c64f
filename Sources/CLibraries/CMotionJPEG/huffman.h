// The entropy coding of JPEG: ITU-T T.81, annex F.2.2.
#ifndef HUFFMAN_H
#define HUFFMAN_H

#include <stddef.h>
#include <stdint.h>

/// Bits that are looked up at once. Longer codes are for what is rare.
enum { LOOKUP_BITS = 10 };

/// What some bits begin with, from the highest bits down: the coefficient (16), how far it lies from the one before (8), and how many bits
/// it took (8). Past the last coefficient lies what says that nothing but zeros follows.
///
/// Where one look does not tell all, ``HUFFMAN_LONG`` is set: of what has a value that takes more bits than were looked up, the value is its
/// size and the bits are the code's; of longer codes, and of none, all is 0.
typedef uint32_t huffman_entry;

enum { HUFFMAN_LONG = 0x80, END_OF_BLOCK = 64 };

static inline huffman_entry huffman_entry_of(int value, int advance, int bits) {
    return (uint32_t)value << 16 | (uint32_t)advance << 8 | (uint32_t)bits;
}

typedef struct {
    huffman_entry entries[1 << LOOKUP_BITS];
    /// Of the codes of each length: the one after the last, brought to 16 bits, and what takes a code to its symbol.
    uint32_t limits[18];
    int32_t offsets[17];
    uint8_t symbols[256];
} huffman_table;

/// Makes a table of how many codes there are of each length, 1 to 16, and of the symbols in their order.
///
/// - is_dc: the symbols are lengths of differences, and have no runs of zeros.
/// Returns 0 where that is no code.
int huffman_make(huffman_table *table, const uint8_t counts[16], const uint8_t *symbols, int is_dc);

/// The tables that a picture without its own has (K.3.3): DC and AC of luma, then of chroma, each as a segment of DHT holds it.
extern const uint8_t huffman_usual[];
extern const size_t huffman_usual_size;

#endif
