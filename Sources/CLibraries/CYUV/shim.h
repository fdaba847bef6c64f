// libyuv: pictures from one layout to another with the processor's vector instructions, and Motion JPEG through libjpeg-turbo.
#pragma once

#include <libyuv/convert.h>
#include <libyuv/planar_functions.h>
