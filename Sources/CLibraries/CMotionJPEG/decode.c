#include "CMotionJPEG.h"

#include <stdlib.h>
#include <string.h>

#include "huffman.h"
#include "transform.h"

#if defined(__x86_64__) && defined(__gnu_linux__)
#define KERNEL __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define KERNEL
#endif

/// Zeros after the coded bits: more than the symbols of the largest unit can take, 6 blocks of 64 with 31 bits each, and a word.
enum { PADDING = 2048 };

/// A table, and the segment that it was made of: cameras send the same ones with each picture.
typedef struct {
    huffman_table table;
    uint8_t segment[16 + 256];
    int is_made;
} kept_table;

struct glyphone_mjpeg {
    /// DC and AC, 0 and 1.
    kept_table tables[2][2];
    uint8_t quantization[4][64];
    /// Coded bits without what is put between them, followed by zeros.
    uint8_t *coded;
    size_t room;
};

/// What the headers say.
typedef struct {
    int restart_interval;
    int has_quantization[4], has_codes;
    /// Rows of blocks of luma in a unit: 1 with chroma 4:2:2, 2 with 4:2:0.
    int rows;
    uint8_t ids[3], quantization[3], dc[3], ac[3];
    transform_scale scales[3];
} picture;

/// Where a coefficient of zigzag order lies, column by column; one past the last lies past the block.
static const uint8_t places[64 + END_OF_BLOCK] = {
    0,  8,  1,  2,  9,  16, 24, 17, 10, 3,  4,  11, 18, 25, 32, 40, 33, 26, 19, 12, 5,  6,  13, 20, 27, 34, 41, 48, 56, 49, 42, 35,
    28, 21, 14, 7,  15, 22, 29, 36, 43, 50, 57, 58, 51, 44, 37, 30, 23, 31, 38, 45, 52, 59, 60, 53, 46, 39, 47, 54, 61, 62, 55, 63,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
};

glyphone_mjpeg *glyphone_mjpeg_create(void) {
    return calloc(1, sizeof(glyphone_mjpeg));
}

void glyphone_mjpeg_free(glyphone_mjpeg *decoder) {
    if (decoder) free(decoder->coded);
    free(decoder);
}

// MARK: - Headers

static int read16(const uint8_t *bytes) {
    return bytes[0] << 8 | bytes[1];
}

/// DHT: T.81, B.2.4.2.
static int read_codes(glyphone_mjpeg *decoder, const uint8_t *bytes, size_t count) {
    while (count > 17) {
        const int kind = bytes[0] >> 4, number = bytes[0] & 15;
        size_t symbols = 0;
        for (int i = 1; i <= 16; i++) symbols += bytes[i];
        if (kind > 1 || number > 1 || symbols > 256 || count < 17 + symbols) return 0;
        kept_table *kept = &decoder->tables[kind][number];
        if (!kept->is_made || memcmp(kept->segment, bytes + 1, 16 + symbols) != 0) {
            kept->is_made = huffman_make(&kept->table, bytes + 1, bytes + 17, kind == 0);
            if (!kept->is_made) return 0;
            memcpy(kept->segment, bytes + 1, 16 + symbols);
        }
        bytes += 17 + symbols, count -= 17 + symbols;
    }
    return count == 0;
}

/// DQT, with numbers of 8 bits: B.2.4.1.
static int read_quantization(glyphone_mjpeg *decoder, picture *picture, const uint8_t *bytes, size_t count) {
    for (; count >= 65; bytes += 65, count -= 65) {
        if (bytes[0] > 3) return 0;
        memcpy(decoder->quantization[bytes[0]], bytes + 1, 64);
        picture->has_quantization[bytes[0]] = 1;
    }
    return count == 0;
}

/// SOF0, of which some kinds are decoded here: B.2.2.
static int read_frame(picture *picture, const uint8_t *bytes, size_t count, const glyphone_mjpeg_planes *planes) {
    if (count != 15 || bytes[0] != 8 || read16(bytes + 1) != planes->height || read16(bytes + 3) != planes->width || bytes[5] != 3) return 0;
    for (int i = 0; i < 3; i++) {
        const uint8_t *component = bytes + 6 + 3 * i;
        picture->ids[i] = component[0];
        picture->quantization[i] = component[2];
        if (component[2] > 3 || (i > 0 && component[1] != 0x11)) return 0;
    }
    picture->rows = bytes[7] == 0x21 ? 1 : bytes[7] == 0x22 ? 2 : 0;
    return picture->rows > 0 && planes->width % 16 == 0 && planes->height % (8 * picture->rows) == 0;
}

/// SOS, of all components at once: B.2.3.
static int read_scan(picture *picture, const uint8_t *bytes, size_t count) {
    if (count != 10 || bytes[0] != 3 || bytes[7] != 0 || bytes[8] != 63 || bytes[9] != 0) return 0;
    for (int i = 0; i < 3; i++) {
        if (bytes[1 + 2 * i] != picture->ids[i] || (bytes[2 + 2 * i] & ~0x11) != 0) return 0;
        picture->dc[i] = bytes[2 + 2 * i] >> 4, picture->ac[i] = bytes[2 + 2 * i] & 15;
    }
    return 1;
}

static void make_scales(const glyphone_mjpeg *decoder, picture *picture) {
    static const float aan[8] = {1, 1.387039845f, 1.306562965f, 1.175875602f, 1, 0.785694958f, 0.541196100f, 0.275899379f};
    for (int i = 0; i < 3; i++) {
        transform_scale *scale = &picture->scales[i];
        // 0...255 to 16...235, or 240 for chroma with 128 in its place.
        const float range = (i == 0 ? 219.0f : 224.0f) / 255;
        scale->middle = (i == 0 ? 128 * range + 16 : 128) + 0.5f;
        scale->least = 16, scale->greatest = (i == 0 ? 235 : 240) + 0.75f;
        const uint8_t *steps = decoder->quantization[picture->quantization[i]];
        for (int k = 0; k < 64; k++) {
            const int column = places[k] >> 3, row = places[k] & 7;
            scale->factors[column][row] = (float)steps[k] * aan[column] * aan[row] * range / 8;
        }
    }
}

/// Reads all up to the coded bits, and says where they begin; 0 for a picture that is not decoded here.
static size_t read_headers(glyphone_mjpeg *decoder, picture *picture, const uint8_t *bytes, size_t count, const glyphone_mjpeg_planes *planes) {
    if (count < 4 || bytes[0] != 0xff || bytes[1] != 0xd8) return 0;
    size_t at = 2;
    int has_frame = 0;
    while (count - at >= 4) {
        if (bytes[at] != 0xff) return 0;
        const uint8_t marker = bytes[at + 1];
        if (marker == 0xff) {
            at++;
            continue;
        }
        const size_t length = (size_t)read16(bytes + at + 2);
        if (length < 2 || count - at - 2 < length) return 0;
        const uint8_t *segment = bytes + at + 4;
        const size_t size = length - 2;
        int is_known = 1;
        switch (marker) {
        case 0xc4: is_known = read_codes(decoder, segment, size), picture->has_codes = 1; break;
        case 0xdb: is_known = read_quantization(decoder, picture, segment, size); break;
        case 0xdd: is_known = size == 2, picture->restart_interval = is_known ? read16(segment) : 0; break;
        case 0xc0: is_known = !has_frame && read_frame(picture, segment, size, planes), has_frame = 1; break;
        case 0xda:
            if (!has_frame || !read_scan(picture, segment, size)) return 0;
            if (!picture->has_codes && !read_codes(decoder, huffman_usual, huffman_usual_size)) return 0;
            for (int i = 0; i < 3; i++) {
                if (!picture->has_quantization[picture->quantization[i]] || !decoder->tables[0][picture->dc[i]].is_made
                    || !decoder->tables[1][picture->ac[i]].is_made)
                    return 0;
            }
            return at + 2 + length;
        default: is_known = marker == 0xfe || (marker & 0xf0) == 0xe0; break;
        }
        if (!is_known) return 0;
        at += 2 + length;
    }
    return 0;
}

// MARK: - Coded bits

/// Copies the coded bits up to the next marker without the zeros that are put after each byte of ones: B.1.1.5.
///
/// Returns how many bytes that took of what there is; `size` tells how many were written.
static size_t unstuff(uint8_t *into, const uint8_t *bytes, size_t count, size_t *size) {
    size_t from = 0, to = 0;
    while (from < count) {
        const uint8_t *ones = memchr(bytes + from, 0xff, count - from);
        const size_t plain = ones ? (size_t)(ones - bytes) - from : count - from;
        memcpy(into + to, bytes + from, plain);
        from += plain, to += plain;
        if (!ones || from + 1 == count || bytes[from + 1] != 0) break;
        into[to++] = 0xff;
        from += 2;
    }
    memset(into + to, 0, PADDING);
    *size = to;
    return from;
}

typedef struct {
    const uint8_t *next;
    /// The highest `count` of these come next.
    uint64_t bits;
    unsigned count;
} bit_reader;

/// At least 56 bits, which is more than any symbol and its value take.
INLINE void refill(bit_reader *reader) {
    uint64_t word;
    memcpy(&word, reader->next, sizeof word);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    reader->bits |= word >> reader->count;
    reader->next += (63 - reader->count) >> 3;
    reader->count |= 56;
}

INLINE void skip(bit_reader *reader, unsigned count) {
    reader->bits <<= count;
    reader->count -= count;
}

/// A symbol that one look does not tell all of. Returns ``HUFFMAN_LONG`` where there is none.
static __attribute__((noinline)) huffman_entry read_long(bit_reader *reader, const huffman_table *table, huffman_entry entry, int is_dc) {
    int size = (int)(entry >> 16), advance = entry >> 8 & 0xff;
    unsigned length = entry & 0x7f;
    if (length == 0) {
        const uint32_t code = (uint32_t)(reader->bits >> 48);
        length = LOOKUP_BITS + 1;
        while (code >= table->limits[length]) length++;
        if (length > 16) return HUFFMAN_LONG;
        const int symbol = table->symbols[(table->offsets[length] + (int)(code >> (16 - length))) & 255];
        size = is_dc ? symbol : symbol & 15;
        advance = !is_dc && symbol == 0 ? END_OF_BLOCK : (is_dc ? 0 : symbol >> 4) + 1;
    }
    skip(reader, length);
    int value = 0;
    if (size > 0) {
        value = (int)(reader->bits >> (64 - size));
        if (value < 1 << (size - 1)) value -= (1 << size) - 1;
        skip(reader, (unsigned)size);
    }
    return huffman_entry_of(value, advance, 0);
}

INLINE huffman_entry look(bit_reader *reader, const huffman_table *table, int is_dc) {
    huffman_entry entry = table->entries[reader->bits >> (64 - LOOKUP_BITS)];
    if (__builtin_expect(entry & HUFFMAN_LONG, 0)) {
        // A copy, so that the reader itself stays in registers.
        bit_reader copy = *reader;
        refill(&copy);
        entry = read_long(&copy, table, entry, is_dc);
        *reader = copy;
    } else {
        skip(reader, entry & 0x3f);
    }
    return entry;
}

/// Reads a block, and says which of its coefficients is the last that is not 0; -1 for what is no symbol.
INLINE int read_block(bit_reader *reader, const huffman_table *dc, const huffman_table *ac, int *predicted, int16_t *block) {
    memset(block, 0, 64 * sizeof *block);
    refill(reader);
    huffman_entry entry = look(reader, dc, 1);
    if (entry == HUFFMAN_LONG) return -1;
    *predicted = (int16_t)(*predicted + (int16_t)(entry >> 16));
    block[0] = (int16_t)*predicted;
    unsigned index = 0, last = 0;
    while (index < 63) {
        // Enough for three that one look tells.
        refill(reader);
        for (int i = 0; i < 3; i++) {
            last = index;
            entry = look(reader, ac, 0);
            if (__builtin_expect(entry == HUFFMAN_LONG, 0)) return -1;
            index += entry >> 8 & 0xff;
            block[places[index]] = (int16_t)(entry >> 16);
            if (index >= 63) break;
        }
    }
    return (int)(index < 64 ? index : last);
}

/// Decodes units up to a restart or the end. Returns 0 where their bits are none, or too few.
INLINE int decode_units(
    const glyphone_mjpeg *decoder, const picture *picture, size_t size, const glyphone_mjpeg_planes *planes, int first, int end, int rows) {
    bit_reader reader = {.next = decoder->coded};
    int predicted[3] = {0, 0, 0};
    // All of a unit's, each with a place for what lies past its end: by the time that the first is transformed, it is out of the processor's
    // queue of stores.
    _Alignas(32) int16_t blocks[6][64 + 16];
    int last[6];
    const int across = planes->width / 16, luma = 2 * rows;
    int row = first / across, column = first % across;
    for (int unit = first; unit < end; unit++) {
        for (int i = 0; i < luma + 2; i++) {
            const int component = i < luma ? 0 : i - luma + 1;
            last[i] = read_block(
                &reader, &decoder->tables[0][picture->dc[component]].table, &decoder->tables[1][picture->ac[component]].table,
                &predicted[component], blocks[i]);
            if (last[i] < 0) return 0;
        }
        if ((size_t)(reader.next - decoder->coded) * 8 - reader.count > size * 8) return 0;
        for (int i = 0; i < luma; i++) {
            uint8_t *samples = planes->y + (row * rows + i / 2) * 8 * planes->y_stride + column * 16 + i % 2 * 8;
            transform(blocks[i], last[i], &picture->scales[0], 0, samples, planes->y_stride);
        }
        const ptrdiff_t place = column * 8;
        transform(blocks[luma], last[luma], &picture->scales[1], rows == 1, planes->u + row * 4 * rows * planes->u_stride + place, planes->u_stride);
        transform(
            blocks[luma + 1], last[luma + 1], &picture->scales[2], rows == 1, planes->v + row * 4 * rows * planes->v_stride + place,
            planes->v_stride);
        if (++column == across) column = 0, row++;
    }
    return 1;
}

KERNEL static int decode_422(
    const glyphone_mjpeg *decoder, const picture *picture, size_t size, const glyphone_mjpeg_planes *planes, int first, int end) {
    return decode_units(decoder, picture, size, planes, first, end, 1);
}

KERNEL static int decode_420(
    const glyphone_mjpeg *decoder, const picture *picture, size_t size, const glyphone_mjpeg_planes *planes, int first, int end) {
    return decode_units(decoder, picture, size, planes, first, end, 2);
}

int glyphone_mjpeg_decode(glyphone_mjpeg *decoder, const uint8_t *bytes, size_t count, const glyphone_mjpeg_planes *planes) {
    picture picture = {0};
    const size_t headers = read_headers(decoder, &picture, bytes, count, planes);
    if (headers == 0) return 0;
    bytes += headers, count -= headers;
    if (decoder->room < count + PADDING) {
        uint8_t *coded = realloc(decoder->coded, count + PADDING);
        if (!coded) return 0;
        decoder->coded = coded, decoder->room = count + PADDING;
    }
    make_scales(decoder, &picture);
    const int units = planes->width / 16 * (planes->height / (8 * picture.rows));
    const int interval = picture.restart_interval > 0 ? picture.restart_interval : units;
    for (int first = 0; first < units; first += interval) {
        if (first > 0) {
            // RST0...7, one after the other.
            if (count < 2 || bytes[0] != 0xff || bytes[1] != (0xd0 | ((first / interval - 1) & 7))) return 0;
            bytes += 2, count -= 2;
        }
        size_t size;
        const size_t taken = unstuff(decoder->coded, bytes, count, &size);
        bytes += taken, count -= taken;
        const int end = units - first > interval ? first + interval : units;
        if (!(picture.rows == 1 ? decode_422 : decode_420)(decoder, &picture, size, planes, first, end)) return 0;
    }
    while (count >= 2 && bytes[0] == 0xff && bytes[1] == 0xff) bytes++, count--;
    // EOI: without it the picture is not whole.
    return count >= 2 && bytes[0] == 0xff && bytes[1] == 0xd9;
}
