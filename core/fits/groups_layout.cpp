// SPDX-License-Identifier: BSD-3-Clause
// Random groups as a table (FITS 4.0 section 6): a row is a group, its parameters are columns by
// PTYPEn, and its array is the last column, 'DATA'. Parameters that share a name are to be added
// (section 6.1.2): the sum has the name, and they themselves are NAME_1, NAME_2.
#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/defaults.h"
#include "base/error.h"
#include "fits/card_value.h"
#include "fits/image_layout.h"
#include "fits/layout.h"
#include "fits/table_cards.h"

namespace torchfits {
namespace {

using Warnings = std::vector<std::string>;

/// The most that an eight-character PTYPEn can number.
constexpr std::size_t kMaxParameters = 999;

std::vector<Column> read_parameters(const HduRecord& hdu, Warnings& warnings) {
  auto cards = TableCards::collect(hdu.header.text());
  cards.columns.resize(hdu.pcount);
  std::vector<Column> columns(hdu.pcount);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    ColumnCardReader reader(cards.columns[i], i, warnings);
    auto& column = columns[i];
    column.ttype = reader.text(ptype);
    column.comment = reader.card(ptype).comment;
    column.form.code = tform_code(stored_type(hdu.bitpix));
    column.coding = ElementCoding::column(column.form.code, reader.scaling(pscal, pzero), {});
    column.width = info(column.coding.stored).size;
    column.offset = i * column.width;
  }
  return columns;
}

/// The sum of some parameters, in order of their place.
Column sum_of(const std::vector<Column>& parameters, const std::vector<std::size_t>& same) {
  const auto& first = parameters[same.front()];
  Column sum = first;
  sum.form.code = 'D';
  sum.coding = ElementCoding::column('D', {}, {});
  sum.width = parameters[same.back()].offset + first.width - first.offset;
  for (const auto i : same) sum.terms.push_back({parameters[i].offset, parameters[i].coding});
  return sum;
}

/// Before the first of several parameters of one name goes their sum. In `spelled` is what is to
/// be their name where nothing else has it.
std::vector<Column> with_sums(std::vector<Column> parameters, std::vector<std::string>& spelled) {
  std::map<std::string, std::vector<std::size_t>, std::less<>> places;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto name = folded_name(parameters[i].ttype);
    places[name.empty() ? std::to_string(i) + " is nameless" : name].push_back(i);
  }
  std::vector<std::string> suffix(parameters.size());
  std::vector<const std::vector<std::size_t>*> begins(parameters.size());
  for (const auto& [name, same] : places) {
    if (same.size() < 2) continue;
    begins[same.front()] = &same;
    for (std::size_t k = 0; k < same.size(); ++k) suffix[same[k]] = "_" + std::to_string(k + 1);
  }
  std::vector<Column> columns;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto& ttype = parameters[i].ttype;
    if (begins[i] != nullptr) {
      columns.push_back(sum_of(parameters, *begins[i]));
      spelled.push_back(ttype);
    }
    columns.push_back(parameters[i]);
    spelled.push_back(ttype.empty() ? "COL" + std::to_string(i + 1) : ttype + suffix[i]);
  }
  return columns;
}

Column array_column(const HduRecord& hdu, const ImageLayout& image) {
  Column column;
  column.form.code = tform_code(stored_type(hdu.bitpix));
  column.shape = image.shape;
  column.coding = image.coding;
  column.unit = hdu.header.string("BUNIT").value_or("");
  const bool empty = std::find(image.shape.begin(), image.shape.end(), 0U) != image.shape.end();
  std::optional<std::uint64_t> elements = empty ? 0 : 1;
  for (const auto size : image.shape) elements = elements ? checked_mul(*elements, size) : elements;
  const auto width = elements ? checked_mul(*elements, info(image.coding.stored).size) : elements;
  if (!width) throw FitsError::format("the array of a group does not fit 64 bits");
  column.form.repeat = *elements;
  column.width = *width;
  column.offset = hdu.pcount * info(image.coding.stored).size;
  return column;
}

/// The array is 'DATA' whatever the parameters are called.
void name_all(std::vector<Column>& columns, const std::vector<std::string>& spelled) {
  std::rotate(columns.begin(), columns.end() - 1, columns.end());
  std::vector<std::string> ttypes;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    ttypes.push_back(std::exchange(columns[i].ttype, i == 0 ? "DATA" : spelled[i - 1]));
  }
  name_columns(columns);
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i].ttype = std::move(ttypes[i]);
  std::rotate(columns.begin(), columns.begin() + 1, columns.end());
}

void check_counts(const HduRecord& hdu) {
  if (hdu.pcount > kMaxParameters) {
    throw FitsError::unsupported("random groups of PCOUNT = " + std::to_string(hdu.pcount) +
                                 " parameters; PTYPEn can name 999");
  }
  if (hdu.axes.size() > kMaxAxes) {
    throw FitsError::unsupported("random groups of " + std::to_string(hdu.axes.size() - 1) +
                                 " axes cannot be a tensor: torch has at most " +
                                 std::to_string(kMaxAxes) + " with that of the groups");
  }
}

}  // namespace

RandomGroupsLayout read_groups_layout(const HduRecord& hdu, Warnings& warnings) {
  check_counts(hdu);
  auto image = describe_image(hdu.header, hdu.bitpix, {hdu.axes.begin() + 1, hdu.axes.end()},
                              "BLANK", warnings);
  RandomGroupsLayout groups;
  std::vector<std::string> spelled;
  groups.table.columns = with_sums(read_parameters(hdu, warnings), spelled);
  groups.table.columns.push_back(array_column(hdu, image));
  name_all(groups.table.columns, spelled);
  const auto& array = groups.table.columns.back();
  const auto row_bytes = checked_add(array.offset, array.width);
  const auto bytes = row_bytes ? checked_mul(*row_bytes, hdu.gcount) : row_bytes;
  if (!bytes) throw FitsError::format("the groups do not fit 64 bits");
  check_row_count(hdu.gcount, *row_bytes, "GCOUNT");
  groups.table.rows = hdu.gcount;
  groups.table.row_bytes = *row_bytes;
  groups.table.heap_offset = *bytes;
  groups.shape = std::move(image.shape);
  return groups;
}

}  // namespace torchfits
