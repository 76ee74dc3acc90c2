// SPDX-License-Identifier: BSD-3-Clause
// What the data of an HDU look like: a closed set of plain structs, read from its header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "fits/element_type.h"
#include "fits/header.h"
#include "fits/scan.h"
#include "fits/tform.h"

namespace torchfits {

/// value = zero + scale * stored, in double.
struct Scaling {
  double scale = 1.0;
  double zero = 0.0;
  std::optional<std::int64_t> whole_zero{};  ///< where a header has digits that `zero` may lose
  [[nodiscard]] bool identity() const noexcept { return scale == 1.0 && zero == 0.0; }
};

/// How stored numbers become elements; shared by images (BSCALE, BZERO, BLANK) and table columns
/// (TSCAL, TZERO).
struct ElementCoding {
  enum class Rule : std::uint8_t {
    copy,    ///< the stored number, swapped
    offset,  ///< integer arithmetic: unsigned and signed-byte convention (sign bit flipped), or
             ///< TSCAL=1 with a whole TZERO on 64 bits
    scale,   ///< zero + scale * stored in double, rounded once to `natural`
  };
  ElementType stored = ElementType::u8;   ///< u8 i16 i32 i64 f32 f64 (c64, c128, boolean in tables)
  ElementType natural = ElementType::u8;  ///< what read() gives without dtype=
  Rule rule = Rule::copy;
  std::int64_t offset =
      0;  ///< of Rule::offset where it is not the sign bit: added, overflow is an error
  Scaling scaling;
  std::optional<std::int64_t> null;  ///< BLANK or TNULL, compared with the stored number

  /// The dtype rules of the image (api.md): unsigned and int8 conventions exact, BITPIX 8 and 16 to
  /// float32, 32 and 64 to float64.
  [[nodiscard]] static ElementCoding image(int bitpix, Scaling scaling,
                                           std::optional<std::int64_t> blank);
  /// Those of a table column of `code`; TSCAL/TZERO other than the conventions give float64.
  [[nodiscard]] static ElementCoding column(char code, Scaling scaling,
                                            std::optional<std::int64_t> tnull);
  /// scaled=False: the stored numbers as they are.
  [[nodiscard]] ElementCoding unscaled() const;
};

/// BITPIX -> stored element type; ErrorCode::format where it is none of the six.
[[nodiscard]] ElementType stored_type(std::int64_t bitpix);

struct ImageLayout {
  std::vector<std::uint64_t> shape;  ///< numpy order: NAXISn first, NAXIS1 last
  ElementCoding coding;
};

/// One of the numbers that a column adds up.
struct SumTerm {
  std::uint64_t offset = 0;  ///< in the row
  ElementCoding coding;
};

struct Column {
  std::string name;   ///< unique in the table: COLn without TTYPE, NAME_2 for a repeated one
  std::string ttype;  ///< the file's spelling
  TForm form;         ///< of an ASCII table: that of the values that the text becomes
  std::optional<AsciiForm> text;  ///< of an ASCII table: TFORM; the field holds text of that form
  std::vector<SumTerm> terms;     ///< of random groups: the parameters of this name, if several
  std::uint64_t offset = 0;       ///< of the field in the row
  std::uint64_t width = 0;        ///< bytes of the field
  std::vector<std::uint64_t>
      shape;  ///< of one cell, numpy order; empty for a scalar; of A: without the character axis
  std::uint64_t characters = 0;  ///< of A: width of one string
  ElementCoding coding;
  bool scaled_strings = false;
  std::string unit, display, dim, null_text, comment,
      ucd;  ///< TUNIT TDISP TDIM TNULL, the comment of TTYPE, TUCD; verbatim

  /// TFORM.
  [[nodiscard]] std::string format() const { return text ? text->str() : form.str(); }
};

struct TableLayout {
  std::uint64_t rows = 0;
  std::uint64_t row_bytes = 0;
  std::uint64_t heap_offset = 0;  ///< THEAP, from the start of the data
  std::uint64_t heap_bytes = 0;
  std::vector<Column> columns;
};

/// ZCMPTYPE of a tile-compressed image (FITS 4.0 section 10.4).
enum class TileAlgorithm : std::uint8_t { rice, gzip_1, gzip_2, hcompress, plio, none };
/// ZQUANTIZ (section 10.2.1).
enum class Dither : std::uint8_t { none, subtractive_1, subtractive_2 };

/// The spelling of ZCMPTYPE.
[[nodiscard]] std::string_view algorithm_name(TileAlgorithm algorithm) noexcept;
/// The spelling of ZQUANTIZ.
[[nodiscard]] std::string_view dither_name(Dither dither) noexcept;

/// A number that every tile has: a column of the table, or a keyword for all of them.
struct TileNumber {
  std::optional<std::size_t> column;
  std::optional<double> keyword;
  [[nodiscard]] bool given() const noexcept { return column || keyword; }
};

/// An image in tiles, each of which is a row of a binary table (FITS 4.0 section 10.1).
struct TiledImageLayout {
  ImageLayout image;  ///< ZBITPIX, ZNAXISn; BSCALE, BZERO and BLANK on top
  TableLayout table;
  std::string zcmptype;  ///< as the file spells it
  std::vector<std::uint64_t>
      tile;  ///< ZTILEn in numpy order; tiles at the far edges may be smaller
  TileAlgorithm algorithm = TileAlgorithm::none;
  std::size_t rice_bytes = 4;   ///< BYTEPIX
  std::size_t rice_block = 32;  ///< BLOCKSIZE
  bool smooth = false;          ///< SMOOTH of HCOMPRESS_1
  bool quantized = false;       ///< floats stored as scaled integers
  Dither dither = Dither::none;
  std::uint64_t dither_seed = 1;                       ///< ZDITHER0, 1 to 10000
  TileNumber scale, zero;                              ///< ZSCALE, ZZERO
  TileNumber blank;                                    ///< ZBLANK
  TileAlgorithm mask_algorithm = TileAlgorithm::none;  ///< ZMASKCMP
  /// Columns of `table` that hold tiles: COMPRESSED_DATA, GZIP_COMPRESSED_DATA, UNCOMPRESSED_DATA,
  /// NULL_PIXEL_MASK.
  std::optional<std::size_t> compressed, gzipped, uncompressed, null_mask;
  bool reserved_null = false;  ///< coding.null is no keyword but a value for NULL_PIXEL_MASK and
                               ///< the column ZBLANK
  /// Why the pixels cannot be read, although their shape and the table are known.
  std::optional<FitsError> refused;
};

/// How a column is compressed.
struct ColumnCompression {
  TileAlgorithm algorithm = TileAlgorithm::gzip_2;  ///< rice, gzip_1, gzip_2 or none
  std::size_t shuffle_width = 1;     ///< of GZIP_2: bytes of the elements whose bytes are apart
  std::size_t rice_width = 0;        ///< of RICE_1: bytes of the integers
  std::optional<FitsError> refused;  ///< why the column cannot be read; the others can
};

/// A binary table that holds another one, compressed (FITS 4.0 section 10.3): each of its rows is a
/// tile of rows of the table that it holds, each of its columns has that column's bytes.
struct CompressedTableLayout {
  TableLayout held;             ///< what the table was; its heap lies behind its rows as it did
  TableLayout stored;           ///< the table of the tiles
  std::uint64_t tile_rows = 1;  ///< ZTILELEN; the last tile may have fewer
  std::vector<ColumnCompression> columns;  ///< one a column

  /// Rows of the tile, which is inside the table.
  [[nodiscard]] std::uint64_t rows_of(std::uint64_t tile) const noexcept;
  /// Bytes of the rows and of the heap that the held table takes.
  [[nodiscard]] std::uint64_t held_bytes() const noexcept {
    return held.heap_offset + held.heap_bytes;
  }
  /// Where the heap of the tiles lies, from the start of the data.
  [[nodiscard]] ByteRange stored_heap() const noexcept {
    return {stored.heap_offset, stored.heap_bytes};
  }
};

/// Rows of text (FITS 4.0 section 7.2).
struct AsciiTableLayout {
  TableLayout table;
};

/// Each group, parameters and array, is a row (FITS 4.0 section 6).
struct RandomGroupsLayout {
  std::vector<std::uint64_t> shape;  ///< of one group's array, numpy order
  TableLayout table;                 ///< the parameters, and the array as the last column
};
struct UnknownLayout {};

using Layout = std::variant<ImageLayout, TableLayout, AsciiTableLayout, TiledImageLayout,
                            CompressedTableLayout, RandomGroupsLayout, UnknownLayout>;

/// Reads the layout of an HDU from its header. Every count and product is checked.
[[nodiscard]] Layout read_layout(const HduRecord& hdu, std::vector<std::string>& warnings);

/// fits/tiled_layout.cpp: what the Z keywords and the columns of a tile-compressed image say.
[[nodiscard]] TiledImageLayout read_tiled_layout(const HduRecord& hdu,
                                                 std::vector<std::string>& warnings);

/// fits/table_layout.cpp: columns, offsets, shapes, codings, unique names.
[[nodiscard]] TableLayout read_table_layout(const HduRecord& hdu,
                                            std::vector<std::string>& warnings);

/// fits/ascii_layout.cpp: the same of an ASCII table.
[[nodiscard]] AsciiTableLayout read_ascii_layout(const HduRecord& hdu,
                                                 std::vector<std::string>& warnings);

/// fits/groups_layout.cpp: parameters by name, sums of those that share one, the array as 'DATA'.
[[nodiscard]] RandomGroupsLayout read_groups_layout(const HduRecord& hdu,
                                                    std::vector<std::string>& warnings);

/// The rows and columns of a table, an ASCII table or random groups; of a compressed table those
/// that it holds; null for other kinds.
[[nodiscard]] const TableLayout* find_table(const Layout& layout) noexcept;

}  // namespace torchfits
