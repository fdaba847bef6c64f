// libsixel, which decodes what the tests look at.
#pragma once

#include <sixel/sixel.h>
