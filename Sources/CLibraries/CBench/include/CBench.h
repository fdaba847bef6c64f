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

/// Makes a picture of Motion JPEG as webcams do, with chroma of half the width, and says how many bytes it took; -1 if it has no room.
long glyphone_jpeg_encode(const uint8_t *y, const uint8_t *u, const uint8_t *v, const int *strides, int width, int height, uint8_t *into, long room);

/// libjpeg-turbo's own interface; planes without gaps, chroma as the picture has it. 0 when all went well.
void *glyphone_turbojpeg_start(void);
int glyphone_turbojpeg_decode(void *decoder, const uint8_t *bytes, long count, uint8_t *y, uint8_t *u, uint8_t *v, int width, int height);
void glyphone_turbojpeg_end(void *decoder);

/// libv4l2's converter, without a device. The bytes made, of YUV420 without gaps; -1 for a picture that can't be read.
void *glyphone_v4lconvert_start(void);
int glyphone_v4lconvert(void *converter, uint32_t format, uint8_t *bytes, int count, int stride, uint8_t *into, int room, int width, int height);
void glyphone_v4lconvert_end(void *converter);

#endif
