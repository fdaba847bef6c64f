// Motion JPEG as cameras give it, decoded straight to I420 of limited range.
//
// A general decoder reads each symbol of the entropy coding in several steps, makes planes of full range with chroma as tall as luma, and
// leaves scaling them to a second and a third pass. Here most symbols take one look into a table, and range and chroma's height come out of
// the transform. What is not decoded here is said to be, so that a general decoder may have it.
#ifndef CMOTIONJPEG_H
#define CMOTIONJPEG_H

#include <stddef.h>
#include <stdint.h>

typedef struct glyphone_mjpeg glyphone_mjpeg;

/// I420. Strides are in bytes; the planes hold `width` by `height` samples, and half of that each way.
typedef struct {
    uint8_t *y, *u, *v;
    ptrdiff_t y_stride, u_stride, v_stride;
    int width, height;
} glyphone_mjpeg_planes;

/// Null if there is no memory. Used by one thread at a time.
glyphone_mjpeg *glyphone_mjpeg_create(void);

void glyphone_mjpeg_free(glyphone_mjpeg *decoder);

/// Decodes a whole picture of baseline coding with chroma 4:2:2 or 4:2:0, whose size is that of the planes and made of whole units of 16 by 8
/// or 16 by 16.
///
/// Whether it did: not of a picture of another kind, one that is damaged or not whole, or where there is no memory. The planes may have been
/// written to then, too.
int glyphone_mjpeg_decode(glyphone_mjpeg *decoder, const uint8_t *bytes, size_t count, const glyphone_mjpeg_planes *planes);

#endif
