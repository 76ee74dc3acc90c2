// SPDX-License-Identifier: BSD-3-Clause
#include "encode/new_groups.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "fits/image_header.h"
#include "fits/table_header.h"

namespace torchfits {
namespace {

using Bytes = std::vector<std::byte>;

/// Three floats have more digits than a double.
constexpr std::size_t kMostTerms = 3;

FitsError wrong(const NewColumn& given, const std::string& problem) {
  return {ErrorCode::value, "column '" + given.column.name + "': " + problem};
}

void check_array(const NewColumn& array) {
  if (array.memory.offsets != nullptr || array.values.text || array.column.shape.empty()) {
    throw wrong(array,
                "the array of random groups has numbers and one shape for all groups: "
                "[groups, ...]");
  }
  if (array.memory.nulls != nullptr && is_integer(array.values.type)) {
    throw wrong(array,
                "an integer array of random groups has no nulls here; convert it to a "
                "float dtype, which has NaN");
  }
}

/// Values of a parameter; null is NaN.
std::vector<double> values_of(const NewColumn& given) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (given.memory.offsets != nullptr || given.values.text || !given.column.shape.empty())
    throw wrong(given, "a parameter of random groups is one number a group");
  std::vector<double> values(static_cast<std::size_t>(given.rows));
  dispatch(given.values.type, [&]<class Number>() {
    if constexpr (is_plain_number<Number>) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        Number value;
        std::memcpy(&value, given.memory.values + i * sizeof value, sizeof value);
        values[i] = static_cast<double>(value);
        if (std::is_integral_v<Number> && std::abs(values[i]) > kExact)
          throw wrong(given, "parameters are read as float64, which has no integers beyond 2^53");
        if (given.memory.nulls != nullptr && given.memory.nulls[i] != std::byte{0})
          values[i] = std::numeric_limits<double>::quiet_NaN();
      }
    } else {
      throw wrong(given, "a parameter of random groups is an integer or a float");
    }
  });
  return values;
}

bool same(double one, double other) noexcept {
  return one == other || (std::isnan(one) && std::isnan(other));
}

/// The nearest number of the type that is stored; integers that do not fit become another.
template <class Stored>
Stored nearest(double value) noexcept {
  if constexpr (std::is_floating_point_v<Stored>) {
    return static_cast<Stored>(value);
  } else {
    const auto rounded = std::nearbyint(value);
    using Limits = std::numeric_limits<Stored>;
    // In double the end of 64 bits is rounded up to what it should be.
    const bool fits = rounded >= static_cast<double>(Limits::min()) &&
                      rounded < static_cast<double>(Limits::max()) + 1;
    return fits ? static_cast<Stored>(rounded) : Stored{};
  }
}

/// Stored numbers of one parameter; no value where one reads back as another than it was.
template <class Stored>
std::optional<Bytes> scaled(const std::vector<double>& values, Scaling scaling) {
  Bytes bytes(values.size() * sizeof(Stored));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto stored = nearest<Stored>((values[i] - scaling.zero) / scaling.scale);
    if (!same(scaling.zero + scaling.scale * static_cast<double>(stored), values[i]))
      return std::nullopt;
    std::memcpy(bytes.data() + i * sizeof stored, &stored, sizeof stored);
  }
  return bytes;
}

/// Several numbers that add up to each value; none where that takes more than kMostTerms.
template <class Stored>
std::vector<Bytes> split(const std::vector<double>& values) {
  std::vector<Bytes> terms;
  std::vector<double> sums(values.size(), 0.0);
  for (bool complete = false; !complete;) {
    if (terms.size() == kMostTerms) return {};
    complete = true;
    auto& term = terms.emplace_back(values.size() * sizeof(Stored));
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto stored = nearest<Stored>(values[i] - sums[i]);
      sums[i] += static_cast<double>(stored);
      complete = complete && same(sums[i], values[i]);
      std::memcpy(term.data() + i * sizeof stored, &stored, sizeof stored);
    }
  }
  return terms;
}

class Groups {
 public:
  explicit Groups(const NewColumn& array) : stored_(image_storage(array.values.type).stored) {}

  void add_parameter(const NewColumn& given, const ParameterWish& wish) {
    dispatch(stored_, [&]<class Stored>() {
      if constexpr (is_plain_number<Stored>) add<Stored>(given, wish);
    });
  }

  MemoryGroups finish(NewColumn array, std::uint64_t rows) && {
    auto& description = groups_.description;
    description.groups = rows;
    description.shape = array.column.shape;
    description.coding = image_storage(array.values.type);
    description.unit = std::exchange(array.column.unit, {});
    store_as(array.column, array.values);
    columns_.push_back(std::move(array.column));
    for (const auto& bytes : groups_.stored) groups_.table.columns.push_back({bytes.data()});
    groups_.table.columns.push_back(array.memory);
    groups_.table.layout = lay_out(std::move(columns_), rows, 0);
    return std::move(groups_);
  }

 private:
  template <class Stored>
  void add(const NewColumn& given, const ParameterWish& wish) {
    const auto values = values_of(given);
    const GroupParameter parameter{wish.ptype, given.column.comment, {}};
    for (const auto scaling : {wish.scaling.value_or(Scaling{}), Scaling{}}) {
      if (auto bytes = scaled<Stored>(values, scaling)) {
        return store({parameter.ptype, parameter.comment, scaling}, std::move(*bytes));
      }
    }
    auto terms = std::is_floating_point_v<Stored> ? split<Stored>(values) : std::vector<Bytes>{};
    if (terms.empty()) {
      throw wrong(given,
                  "its values are no sums of " + std::string(info(stored_).name) +
                      ", which is how the array is stored; convert the array to float64, or "
                      "give a header with PTYPEn, PSCALn and PZEROn that scale the parameter");
    }
    for (auto& term : terms) store(parameter, std::move(term));
  }

  void store(GroupParameter parameter, Bytes bytes) {
    Column column;
    column.name = parameter.ptype;
    store_as(column, {.type = stored_});
    columns_.push_back(std::move(column));
    groups_.description.parameters.push_back(std::move(parameter));
    groups_.stored.push_back(std::move(bytes));
  }

  ElementType stored_;
  MemoryGroups groups_;
  std::vector<Column> columns_;
};

}  // namespace

MemoryGroups groups_of(std::vector<NewColumn> columns, const std::vector<ParameterWish>& wishes) {
  const auto rows = rows_of(columns);
  if (columns.empty() || wishes.size() + 1 != columns.size())
    throw FitsError(ErrorCode::value, "random groups have an array, the column DATA");
  check_array(columns.back());
  Groups groups(columns.back());
  for (std::size_t i = 0; i < wishes.size(); ++i) groups.add_parameter(columns[i], wishes[i]);
  return std::move(groups).finish(std::move(columns.back()), rows);
}

}  // namespace torchfits
