#ifndef CTERMINALVIDEO_H
#define CTERMINALVIDEO_H

#include <stddef.h>
#include <stdint.h>

// The inner loops of TerminalVideo. They are in C because each is compiled twice, for any processor and for those with AVX2, and the
// better one is taken when the program starts (target_clones), which Swift cannot say.
//
// Nothing here allocates or checks: the caller has made room. Columns are always padded to a multiple of 8, and arrays over columns
// lie one after the other, `columns` apart. Light is in the levels of the picture (16 black, 235 white), shares are of a whole cell.

/// What the glyphs of a set are, each with its ink (A) and the rest of the cell (B). Glyph 0 has no ink.
typedef struct {
    int32_t count;
    /// How many samples a mask has, and the masks one after the other: the share of the cell that is ink, sample by sample.
    int32_t samples;
    const float *masks;
    /// For each glyph the share of ink, and one divided by the shares of A and B (0 for a share of 0).
    const float *shares, *inverseA, *inverseB;
    /// How much of each quadrant's share is ink, 4 x count: upper left, upper right, lower left, lower right.
    const float *quadrants;
    /// Where colours are fixed: the squared ink of each glyph, summed.
    const float *squares;
} tv_glyphs;

/// What is known of one row of cells; every array has a value for each column.
typedef struct {
    int32_t columns;
    /// Samples of masks, samples x columns; for blocks the ink of every glyph, count x columns.
    float *samples;
    /// Chroma of the quadrants, 4 x columns for each plane, around 0.
    float *blue, *red;
    /// The mean luma of the cell.
    float *total;
    /// The best glyph, its luma summed over A, and by how much it explains the cell better than one colour does, in squared levels.
    int32_t *glyph;
    float *ink;
    float *gain;
    /// The colours of A and B as luma, blue and red, 6 x columns, and as 0xRRGGBB.
    float *colours;
    uint32_t *foreground, *background;
    /// What showing these instead of `colours`, which may not exist in RGB, adds to the error, in squared levels.
    float *loss;
    /// What the shown glyph has in A, and by how much the shown cell is worse than the best, in squared levels.
    float *shownInk;
    float *excess;
} tv_row;

/// Blends `count` rows of a plane with weights that add up to 256.
void tv_blend(const uint8_t *plane, ptrdiff_t stride, int32_t width, const uint16_t *weights, int32_t count, uint16_t *sums);

/// The mean of four blended rows.
void tv_mean4(const uint16_t *rows, ptrdiff_t stride, int32_t width, uint16_t *mean);

/// The running sum of a blended row at `count` places, each a position and a fraction in 1/65536.
///
/// @param row has an entry behind its end.
/// @param prefix room for `width + 1` sums.
void tv_edges(const uint16_t *row, int32_t width, const int32_t *positions, const uint32_t *fractions, int32_t count, uint32_t *prefix,
    int32_t *edges);

/// The means between edges: `across` samples a cell from `across + 1` edges.
void tv_means(const int32_t *edges, int32_t columns, int32_t across, const float *reciprocals, float *means);

/// The chroma of two quadrants, from 3 edges.
void tv_chroma(const int32_t *edges, int32_t columns, const float *reciprocals, float *quadrants);

/// Finds the best block element of each cell: glyphs 1 to 7 are the lower eighths, 8 to 14 the left eighths, 15 to 18 the quadrants
/// (upper left, upper right, lower left, lower right), 19 upper left with lower right.
///
/// @param strips for each of 8 strips, its edges at both sides of the cell, 8 x 2 x columns.
/// @param upper, lower the edges of the upper and lower half of the cell at every eighth, 9 x columns.
void tv_search_blocks(const tv_row *row, const int32_t *strips, const int32_t *upper, const int32_t *lower, const float *reciprocals);

/// Finds the mask of each cell whose two mean colours leave the least squared error.
void tv_search_masks(const tv_row *row, const tv_glyphs *glyphs);

/// Finds the mask of each cell that comes nearest to the samples where ink is 1 and the rest 0. `gain` is what is best then.
void tv_search_fixed(const tv_row *row, const tv_glyphs *glyphs);

/// Makes the colours of A and B of the glyphs that were found.
///
/// @param chroma how much squared levels of chroma count beside those of luma.
void tv_colours(const tv_row *row, const tv_glyphs *glyphs, float chroma);

/// Finds `shownInk` for the glyphs shown.
void tv_shown_blocks(const tv_row *row, const uint8_t *shown);
void tv_shown_masks(const tv_row *row, const tv_glyphs *glyphs, const uint8_t *shown);

/// Finds `excess` for cells shown with these glyphs and colours (6 x stride, as in ``tv_row``).
///
/// @param chroma how much squared levels of chroma count beside those of luma.
void tv_excess(const tv_row *row, const tv_glyphs *glyphs, const uint8_t *shown, const float *colours, ptrdiff_t stride, float chroma);

/// Finds `excess` where colours are fixed, in squared shares of white.
void tv_excess_fixed(const tv_row *row, const tv_glyphs *glyphs, const uint8_t *shown);

#endif
