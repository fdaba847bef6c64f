// FFmpeg's libraries for reading media files, with functions for the macros that Swift does not see.
#pragma once

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/display.h>
#include <libavutil/error.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>

static const int glyphone_averror_eof = AVERROR_EOF;
static const int glyphone_averror_eagain = AVERROR(EAGAIN);
static const int glyphone_averror_invaliddata = AVERROR_INVALIDDATA;
static const int64_t glyphone_av_nopts_value = AV_NOPTS_VALUE;
