// libjpeg-turbo, which makes the pictures of Motion JPEG that tests and benchmarks decode.
#pragma once

#include <turbojpeg.h>
