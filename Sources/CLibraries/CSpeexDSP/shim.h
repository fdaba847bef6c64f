// speexdsp's echo filter, and the suppression that benchmarks compare with.
#pragma once

#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>
