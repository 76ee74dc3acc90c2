// SPDX-License-Identifier: BSD-3-Clause
// The header of what a compressed HDU holds (FITS 4.0 sections 10.1.1 and 10.3.1).
#pragma once

#include "fits/header.h"
#include "fits/scan.h"

namespace torchfits {

/// Whether the HDU is a binary table that holds a compressed one: ZTABLE = T.
[[nodiscard]] bool is_compressed_table(const HduRecord& hdu);

/// The header of the image or table that `hdu` holds compressed; that of any other HDU as it is.
/// The Z keywords take their names back, byte for byte, first those that the Standard orders; what
/// describes the compression or its table is left out; all other cards stay, in their order. A
/// keyword that the file lacks is lacking here too, except PCOUNT and GCOUNT of an image.
///
/// An image that was a primary array (ZSIMPLE) has a primary header, with SIMPLE and without
/// PCOUNT and GCOUNT, although it stands in an extension: astropy and funpack show it so. The name
/// 'COMPRESSED_IMAGE', which the programs give to what had none, is left out.
[[nodiscard]] Header uncompressed_header(const HduRecord& hdu);

}  // namespace torchfits
