// speexdsp's echo filter and resampler, and the suppression that benchmarks compare with.
#pragma once

#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>
#include <speex/speex_resampler.h>
