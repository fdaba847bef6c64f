#ifndef CBENCH_H
#define CBENCH_H

#include <stddef.h>
#include <stdint.h>

/// How often this program has allocated memory so far. Only what links this library counts: it takes malloc's place there.
int64_t glyphone_allocations(void);

/// Starts a stream of zlib's, at a level of 0 to 9; null if there is no memory.
void *glyphone_deflate_start(int level);

/// Compresses some bytes and flushes them, as ssh -C does, and says how many bytes that made.
size_t glyphone_deflate_flush(void *stream, const uint8_t *bytes, size_t count);

void glyphone_deflate_end(void *stream);

#endif
