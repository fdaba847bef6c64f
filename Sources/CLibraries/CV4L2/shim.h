// Video4Linux through libv4l2, which passes a camera's own formats on and converts those that only it knows. ioctl's requests
// are macros and its function is variadic, neither of which Swift can call: one function for each request in use.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <libv4l2.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

static inline int glyphone_v4l2_open(const char *path) {
    return v4l2_open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

/// Capabilities without libv4l2's help, so that listing does not disturb a camera in use.
static inline int glyphone_v4l2_query(int fd, struct v4l2_capability *capability) {
    return ioctl(fd, VIDIOC_QUERYCAP, capability);
}

static inline int glyphone_v4l2_enum_format(int fd, struct v4l2_fmtdesc *format) {
    return ioctl(fd, VIDIOC_ENUM_FMT, format);
}

static inline int glyphone_v4l2_enum_frame_size(int fd, struct v4l2_frmsizeenum *size) {
    return ioctl(fd, VIDIOC_ENUM_FRAMESIZES, size);
}

static inline int glyphone_v4l2_enum_frame_interval(int fd, struct v4l2_frmivalenum *interval) {
    return ioctl(fd, VIDIOC_ENUM_FRAMEINTERVALS, interval);
}

/// Describes the control after the one whose id is given, of any class.
static inline int glyphone_v4l2_next_control(int fd, struct v4l2_queryctrl *control) {
    control->id |= V4L2_CTRL_FLAG_NEXT_CTRL;
    return ioctl(fd, VIDIOC_QUERYCTRL, control);
}

static inline int glyphone_v4l2_get_control(int fd, struct v4l2_control *control) {
    return ioctl(fd, VIDIOC_G_CTRL, control);
}

static inline int glyphone_v4l2_set_control(int fd, struct v4l2_control *control) {
    return ioctl(fd, VIDIOC_S_CTRL, control);
}

static inline int glyphone_v4l2_set_format(int fd, struct v4l2_format *format) {
    return v4l2_ioctl(fd, VIDIOC_S_FMT, format);
}

static inline int glyphone_v4l2_set_parameters(int fd, struct v4l2_streamparm *parameters) {
    return v4l2_ioctl(fd, VIDIOC_S_PARM, parameters);
}

static inline int glyphone_v4l2_request_buffers(int fd, struct v4l2_requestbuffers *request) {
    return v4l2_ioctl(fd, VIDIOC_REQBUFS, request);
}

static inline int glyphone_v4l2_query_buffer(int fd, struct v4l2_buffer *buffer) {
    return v4l2_ioctl(fd, VIDIOC_QUERYBUF, buffer);
}

static inline int glyphone_v4l2_queue(int fd, struct v4l2_buffer *buffer) {
    return v4l2_ioctl(fd, VIDIOC_QBUF, buffer);
}

static inline int glyphone_v4l2_dequeue(int fd, struct v4l2_buffer *buffer) {
    return v4l2_ioctl(fd, VIDIOC_DQBUF, buffer);
}

static inline int glyphone_v4l2_stream(int fd, int on) {
    enum v4l2_buf_type type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    return v4l2_ioctl(fd, on ? VIDIOC_STREAMON : VIDIOC_STREAMOFF, &type);
}

static inline void *glyphone_v4l2_map(int fd, const struct v4l2_buffer *buffer) {
    void *memory = v4l2_mmap(NULL, buffer->length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, buffer->m.offset);
    return memory == MAP_FAILED ? NULL : memory;
}

/// libv4l2 prints its complaints to standard error unless told where else.
static inline void glyphone_v4l2_silence(void) {
    static FILE *nowhere;
    if (!nowhere) nowhere = fopen("/dev/null", "we");
    if (nowhere) v4l2_log_file = nowhere;
}

static inline int64_t glyphone_v4l2_nanoseconds(const struct v4l2_buffer *buffer) {
    return (int64_t)buffer->timestamp.tv_sec * 1000000000 + (int64_t)buffer->timestamp.tv_usec * 1000;
}
