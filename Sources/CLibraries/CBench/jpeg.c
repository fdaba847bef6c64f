// What else decodes a camera's pictures: libv4l2's converter, and libjpeg-turbo by its own interface.
#include "CBench.h"

#include <errno.h>
#include <libv4l-plugin.h>
#include <libv4lconvert.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

// libjpeg's own quality, and about that of webcams, whose pictures of 640x480 take 25 to 60 KB.
static const int quality = 75;

long glyphone_jpeg_encode(const uint8_t *y, const uint8_t *u, const uint8_t *v, const int *strides, int width, int height, uint8_t *into, long room) {
    // Cameras halve chroma's width alone: each of its rows stands for two here.
    uint8_t *tall_u = malloc((size_t)strides[1] * height), *tall_v = malloc((size_t)strides[2] * height);
    for (int row = 0; row < height; row++) {
        memcpy(tall_u + (size_t)row * strides[1], u + (size_t)(row / 2) * strides[1], strides[1]);
        memcpy(tall_v + (size_t)row * strides[2], v + (size_t)(row / 2) * strides[2], strides[2]);
    }
    const unsigned char *planes[3] = {y, tall_u, tall_v};
    unsigned char *bytes = into;
    unsigned long count = (unsigned long)room;
    tjhandle encoder = tjInitCompress();
    int status = tjCompressFromYUVPlanes(encoder, planes, width, strides, height, TJSAMP_422, &bytes, &count, quality, TJFLAG_NOREALLOC);
    tjDestroy(encoder);
    free(tall_u);
    free(tall_v);
    return status == 0 ? (long)count : -1;
}

int glyphone_turbojpeg_decode(void *decoder, const uint8_t *bytes, long count, uint8_t *y, uint8_t *u, uint8_t *v, int width, int height) {
    unsigned char *planes[3] = {y, u, v};
    return tjDecompressToYUVPlanes(decoder, bytes, (unsigned long)count, planes, width, NULL, height, 0);
}

void *glyphone_turbojpeg_start(void) {
    return tjInitDecompress();
}

void glyphone_turbojpeg_end(void *decoder) {
    tjDestroy(decoder);
}

static void *start(int fd) {
    static int device;
    (void)fd;
    return &device;
}

static void end(void *device) {
    (void)device;
}

/// A device that can do nothing: the converter asks it for its controls.
static int answer(void *device, int fd, unsigned long request, void *argument) {
    (void)device, (void)fd;
    if (request == VIDIOC_QUERYCAP) {
        memset(argument, 0, sizeof(struct v4l2_capability));
        return 0;
    }
    errno = EINVAL;
    return -1;
}

static const struct libv4l_dev_ops nothing = {.init = start, .close = end, .ioctl = answer};

void *glyphone_v4lconvert_start(void) {
    return v4lconvert_create_with_dev_ops(-1, start(-1), &nothing);
}

int glyphone_v4lconvert(void *converter, uint32_t format, uint8_t *bytes, int count, int stride, uint8_t *into, int room, int width, int height) {
    struct v4l2_format from = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE}, to = from;
    from.fmt.pix.width = to.fmt.pix.width = (unsigned)width;
    from.fmt.pix.height = to.fmt.pix.height = (unsigned)height;
    from.fmt.pix.pixelformat = format;
    from.fmt.pix.bytesperline = (unsigned)stride;
    from.fmt.pix.sizeimage = (unsigned)count;
    to.fmt.pix.pixelformat = V4L2_PIX_FMT_YUV420;
    to.fmt.pix.bytesperline = (unsigned)width;
    to.fmt.pix.sizeimage = (unsigned)(width * height * 3 / 2);
    return v4lconvert_convert(converter, &from, &to, bytes, count, into, room);
}

void glyphone_v4lconvert_end(void *converter) {
    v4lconvert_destroy(converter);
}
