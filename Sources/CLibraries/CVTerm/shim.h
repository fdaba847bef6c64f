// libvterm, with functions for its unions and bit fields, which Swift does not see.
#pragma once

#include <vterm.h>

/// A colour as 0xRRGGBB, 0x1000000 for the terminal's own, or 0x2000000 and a palette's index.
static inline uint32_t glyphone_vterm_colour(VTermColor colour) {
    if (VTERM_COLOR_IS_DEFAULT_FG(&colour) || VTERM_COLOR_IS_DEFAULT_BG(&colour)) return 0x1000000;
    if (VTERM_COLOR_IS_INDEXED(&colour)) return 0x2000000 | colour.indexed.idx;
    return (uint32_t)colour.rgb.red << 16 | (uint32_t)colour.rgb.green << 8 | colour.rgb.blue;
}

/// Bold, underline, italic, blink and reverse, a bit each.
static inline uint32_t glyphone_vterm_attributes(VTermScreenCell cell) {
    return cell.attrs.bold | (uint32_t)(cell.attrs.underline != 0) << 1 | (uint32_t)cell.attrs.italic << 2 |
           (uint32_t)cell.attrs.blink << 3 | (uint32_t)cell.attrs.reverse << 4;
}
