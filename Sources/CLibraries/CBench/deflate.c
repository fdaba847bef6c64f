#include "CBench.h"

#include <stdlib.h>
#include <zlib.h>

// zlib's header is not shown to Swift, where it would claim the system's types for its module.

void *glyphone_deflate_start(int level) {
    z_stream *stream = calloc(1, sizeof(z_stream));
    if (stream && deflateInit(stream, level) != Z_OK) {
        free(stream);
        return NULL;
    }
    return stream;
}

size_t glyphone_deflate_flush(void *opaque, const uint8_t *bytes, size_t count) {
    z_stream *stream = opaque;
    uint8_t buffer[16384];
    size_t total = 0;
    stream->next_in = (Bytef *)bytes;
    stream->avail_in = (uInt)count;
    do {
        stream->next_out = buffer;
        stream->avail_out = sizeof(buffer);
        deflate(stream, Z_SYNC_FLUSH);
        total += sizeof(buffer) - stream->avail_out;
    } while (stream->avail_out == 0);
    return total;
}

void glyphone_deflate_end(void *opaque) {
    if (!opaque) return;
    deflateEnd(opaque);
    free(opaque);
}
