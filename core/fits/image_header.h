// SPDX-License-Identifier: BSD-3-Clause
// Headers of images that are written: read_layout()'s mirror.
#pragma once

#include "fits/hdu_cards.h"
#include "fits/layout.h"

namespace torchfits {

/// How a tensor of `natural` is stored: as it is, or in the integer type of the other sign with
/// BZERO (FITS 4.0 section 5.2.5). ErrorCode::type for what no image can hold.
[[nodiscard]] ElementCoding image_storage(ElementType natural);

/// BSCALE, BZERO and BLANK.
void add_coding(CardText& cards, const ElementCoding& coding);

/// Of an image of any number of axes; none: a header without data.
[[nodiscard]] Header image_header(const ImageLayout& image, HduPlace place, const UserCards& user,
                                  bool checksum);

/// Of the table that holds a tile-compressed image (section 10.1.1). PCOUNT is the size of the
/// heap; `scale` the SCALE of HCOMPRESS_1.
[[nodiscard]] Header tiled_image_header(const TiledImageLayout& tiled, const UserCards& user,
                                        double scale, bool checksum);

}  // namespace torchfits
