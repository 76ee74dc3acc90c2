// SPDX-License-Identifier: BSD-3-Clause
// Why it is fast: groups have numbers without gaps, so that sums live in plain arrays, a small set
// of them for each slice of the rows; only medians and distinct values look at the rows of a group
// together.
#include "relate/groups.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"

namespace torchfits {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

KeyWord word_of(std::span<const KeyColumn> keys, Wanted wanted) {
  std::vector<KeyCodes> codes;
  for (const auto& key : keys) codes.push_back(encode_key({&key, 1}, wanted));
  return single_word(pack_keys(std::move(codes), {}), wanted);
}

/// The rows in slices that depend on their number alone, so that sums are the same on any machine;
/// fewer where groups are many, since each slice has sums of its own.
std::size_t slices_of(const Groups& groups) {
  constexpr std::size_t most = 16;
  const auto rows_of_slice = std::max(kRowsOfBlock, 4 * groups.count());
  return std::clamp<std::size_t>(groups.rows() / rows_of_slice, 1, most);
}

/// body(slice, begin, end)
template <class Body>
void for_slices(const Groups& groups, const Body& body) {
  const auto slices = slices_of(groups);
  const auto size = (groups.rows() + slices - 1) / slices;
  parallel_for(slices, [&](std::size_t slice) {
    body(slice, std::min(slice * size, groups.rows()), std::min((slice + 1) * size, groups.rows()));
  });
}

template <class T>
T load(const KeyColumn& column, std::size_t row) noexcept {
  T value;
  std::memcpy(&value, column.data + row * sizeof value, sizeof value);
  return value;
}

template <class T>
bool is_missing(const KeyColumn& column, std::size_t row, T value) noexcept {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(value)) return true;
  }
  static_cast<void>(value);
  return column.is_null(row);
}

/// Calls visitor.operator()<T>() with the C++ type of numbers; bools are bytes.
template <class Visitor>
void with_number(const KeyColumn& column, const Visitor& visitor) {
  dispatch(column.type, [&]<class T>() {
    if constexpr (std::is_same_v<T, bool>) {
      visitor.template operator()<std::uint8_t>();
    } else if constexpr (std::is_arithmetic_v<T>) {
      visitor.template operator()<T>();
    } else {
      throw FitsError(ErrorCode::type, "no statistics of " + std::string(info(column.type).name) +
                                           " values; convert them to float64");
    }
  });
}

/// One accumulator for each group, made by add(accumulator, row) in slices, which merge(into, from)
/// puts together in the order of the rows.
template <class Sum, class Add, class Merge>
std::vector<Sum> accumulate_rows(const Groups& groups, const Add& add, const Merge& merge) {
  const auto count = groups.count();
  std::vector<Sum> sums(slices_of(groups) * count);
  const auto of_row = groups.of_row();
  for_slices(groups, [&](std::size_t slice, std::size_t begin, std::size_t end) {
    auto* own = sums.data() + slice * count;
    for (auto row = begin; row < end; ++row) add(own[of_row[row]], row);
  });
  for (std::size_t i = count; i < sums.size(); ++i) merge(sums[i % count], sums[i]);
  sums.resize(count);
  return sums;
}

/// The same of values: add(accumulator, value, group).
template <class T, class Sum, class Add, class Merge>
std::vector<Sum> accumulate(const Groups& groups, const KeyColumn& column, const Add& add,
                            const Merge& merge) {
  const auto of_row = groups.of_row();
  return accumulate_rows<Sum>(
      groups,
      [&](Sum& sum, std::size_t row) {
        const auto value = load<T>(column, row);
        if (!is_missing(column, row, value)) add(sum, value, of_row[row]);
      },
      merge);
}

/// A sum and what rounding took from it (Neumaier's method).
struct CarriedSum {
  double sum = 0;
  double lost = 0;
  std::int64_t count = 0;
  void add(double value) noexcept {
    const double next = sum + value;
    const double shared = next - sum;
    lost += (sum - (next - shared)) + (value - shared);
    sum = next;
  }
  void merge(const CarriedSum& other) noexcept {
    add(other.sum);
    lost += other.lost;
    count += other.count;
  }
  /// Of infinities nothing was lost that can be told.
  [[nodiscard]] double value() const noexcept { return std::isfinite(sum) ? sum + lost : sum; }
};

template <class T>
std::vector<CarriedSum> carried_sums(const Groups& groups, const KeyColumn& column) {
  return accumulate<T, CarriedSum>(
      groups, column,
      [](CarriedSum& sum, T value, std::uint32_t) {
        sum.add(static_cast<double>(value));
        ++sum.count;
      },
      [](CarriedSum& into, const CarriedSum& from) { into.merge(from); });
}

/// Sums of squares about the means.
template <class T>
std::vector<CarriedSum> square_sums(const Groups& groups, const KeyColumn& column,
                                    const double* means) {
  return accumulate<T, CarriedSum>(
      groups, column,
      [&](CarriedSum& sum, T value, std::uint32_t group) {
        const double off = static_cast<double>(value) - means[group];
        sum.add(off * off);
        ++sum.count;
      },
      [](CarriedSum& into, const CarriedSum& from) { into.merge(from); });
}

/// body(group, rows) for each group, in parallel.
template <class Body>
void for_groups(const Groups& groups, const Body& body) {
  constexpr std::size_t groups_of_block = 64;
  const auto& members = groups.members();
  const auto blocks = (groups.count() + groups_of_block - 1) / groups_of_block;
  parallel_for(blocks, [&](std::size_t block) {
    const auto end = std::min((block + 1) * groups_of_block, groups.count());
    for (auto group = block * groups_of_block; group < end; ++group) {
      const auto* rows = members.rows.data();
      body(group, std::span(rows + members.starts[group], rows + members.starts[group + 1]));
    }
  });
}

double median_of(std::vector<double>& values) {
  if (values.empty()) return kNaN;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  const double below = *std::max_element(values.begin(), middle);
  return below == *middle ? below : below / 2 + *middle / 2;
}

/// A value and its row.
template <class T>
struct Picked {
  T value{};
  std::int64_t row = -1;
  /// Takes a value of a row behind this one where it is the one to pick; of equal ones the first
  /// stays.
  void offer(const Picked& later, Pick pick) noexcept {
    const bool replaces = pick == Pick::last || (pick == Pick::min && later.value < value) ||
                          (pick == Pick::max && later.value > value);
    if (later.row >= 0 && (row < 0 || replaces)) *this = later;
  }
};

template <class T>
void pick_numbers(const Groups& groups, const KeyColumn& column, Pick pick, std::int64_t* rows) {
  const auto found = accumulate_rows<Picked<T>>(
      groups,
      [&](Picked<T>& best, std::size_t row) {
        const auto value = load<T>(column, row);
        if (!is_missing(column, row, value))
          best.offer({value, static_cast<std::int64_t>(row)}, pick);
      },
      [&](Picked<T>& into, const Picked<T>& from) { into.offer(from, pick); });
  for (std::size_t group = 0; group < found.size(); ++group) rows[group] = found[group].row;
}

bool is_special(const KeyCodes& key, std::size_t row) {
  return !key.specials.empty() && key.specials[row] != 0;
}

}  // namespace

Groups::Groups(std::span<const KeyColumn> keys)
    : ranks_(rank_words(word_of(keys, Wanted::order))) {}

const RowsOfNumbers& Groups::members() const {
  std::call_once(once_, [&] { members_ = rows_of_numbers(of_row(), count()); });
  return members_;
}

std::vector<std::uint32_t> distinct_rows(std::span<const KeyColumn> keys) {
  const auto rows = keys.front().rows;
  const auto numbers = number_words(word_of(keys, Wanted::equality), {}, rows);
  std::vector<bool> met(numbers.limit);
  std::vector<std::uint32_t> first;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto number = numbers.of_row[row];
    if (!met[number]) first.push_back(static_cast<std::uint32_t>(row));
    met[number] = true;
  }
  return first;
}

void count_rows(const Groups& groups, std::int64_t* counts) {
  const auto found = accumulate_rows<std::int64_t>(
      groups, [](std::int64_t& sum, std::size_t) { ++sum; },
      [](std::int64_t& into, std::int64_t from) { into += from; });
  std::copy(found.begin(), found.end(), counts);
}

void count_values(const Groups& groups, const KeyColumn& column, std::int64_t* counts) {
  const auto count = [&]<class T>() {
    const auto found = accumulate<T, std::int64_t>(
        groups, column, [](std::int64_t& sum, T, std::uint32_t) { ++sum; },
        [](std::int64_t& into, std::int64_t from) { into += from; });
    std::copy(found.begin(), found.end(), counts);
  };
  if (!column.is_text) return with_number(column, count);
  std::fill_n(counts, groups.count(), 0);
  for (std::size_t row = 0; row < groups.rows(); ++row)
    if (!column.is_null(row)) ++counts[groups.of_row()[row]];
}

void sum_integers(const Groups& groups, const KeyColumn& column, std::int64_t* sums) {
  __extension__ using Wide = __int128;
  const bool is_unsigned = column.type == ElementType::u64;
  const Wide low = is_unsigned ? 0 : std::numeric_limits<std::int64_t>::min();
  const Wide high = is_unsigned ? static_cast<Wide>(std::numeric_limits<std::uint64_t>::max())
                                : static_cast<Wide>(std::numeric_limits<std::int64_t>::max());
  with_number(column, [&]<class T>() {
    if constexpr (std::is_integral_v<T>) {
      const auto found = accumulate<T, Wide>(
          groups, column, [](Wide& sum, T value, std::uint32_t) { sum += value; },
          [](Wide& into, Wide from) { into += from; });
      for (std::size_t group = 0; group < found.size(); ++group) {
        if (found[group] < low || found[group] > high) {
          throw FitsError(ErrorCode::value,
                          "the sum of a group is beyond 64 bits; sum the column as float64");
        }
        sums[group] = static_cast<std::int64_t>(found[group]);
      }
    } else {
      throw FitsError(ErrorCode::type, "floats have no whole sums");
    }
  });
}

void moments(const Groups& groups, const KeyColumn& column, Moment moment, double* results) {
  with_number(column, [&]<class T>() {
    const auto sums = carried_sums<T>(groups, column);
    for (std::size_t group = 0; group < sums.size(); ++group) {
      const auto& sum = sums[group];
      const auto count = static_cast<double>(sum.count);
      results[group] = moment == Moment::sum ? sum.value() : sum.value() / count;
    }
    if (moment != Moment::variance) return;
    const auto squares = square_sums<T>(groups, column, results);
    for (std::size_t group = 0; group < squares.size(); ++group) {
      const auto count = static_cast<double>(squares[group].count);
      results[group] = count > 1 ? squares[group].value() / (count - 1) : kNaN;
    }
  });
}

void medians(const Groups& groups, const KeyColumn& column, double* results) {
  with_number(column, [&]<class T>() {
    for_groups(groups, [&](std::size_t group, std::span<const std::uint32_t> rows) {
      std::vector<double> values;
      values.reserve(rows.size());
      for (const auto row : rows) {
        const auto value = load<T>(column, row);
        if (!is_missing(column, row, value)) values.push_back(static_cast<double>(value));
      }
      results[group] = median_of(values);
    });
  });
}

void pick_rows(const Groups& groups, const KeyColumn& column, Pick pick, std::int64_t* rows) {
  if (!column.is_text)
    return with_number(column, [&]<class T>() { pick_numbers<T>(groups, column, pick, rows); });
  const auto key = encode_key({&column, 1}, Wanted::order);
  std::fill_n(rows, groups.count(), -1);
  const auto of_row = groups.of_row();
  const auto replaces = [&](std::size_t row, std::int64_t best) {
    if (best < 0 || pick == Pick::last) return true;
    const auto& codes = key.codes;
    const auto other = codes[static_cast<std::size_t>(best)];
    return pick == Pick::min ? codes[row] < other : pick == Pick::max && codes[row] > other;
  };
  for (std::size_t row = 0; row < groups.rows(); ++row) {
    auto& best = rows[of_row[row]];
    if (!is_special(key, row) && replaces(row, best)) best = static_cast<std::int64_t>(row);
  }
}

void count_distinct(const Groups& groups, const KeyColumn& column, std::int64_t* counts) {
  const auto key = encode_key({&column, 1}, Wanted::equality);
  for_groups(groups, [&](std::size_t group, std::span<const std::uint32_t> rows) {
    std::vector<std::uint64_t> codes;
    codes.reserve(rows.size());
    for (const auto row : rows)
      if (!is_special(key, row)) codes.push_back(key.codes[row]);
    std::sort(codes.begin(), codes.end());
    counts[group] = std::unique(codes.begin(), codes.end()) - codes.begin();
  });
}

void test_values(const Groups& groups, const KeyColumn& column, bool every, std::uint8_t* results) {
  std::fill_n(results, groups.count(), static_cast<std::uint8_t>(every));
  const auto of_row = groups.of_row();
  with_number(column, [&]<class T>() {
    for (std::size_t row = 0; row < groups.rows(); ++row) {
      const auto value = load<T>(column, row);
      if (!is_missing(column, row, value) && (value != T{0}) != every)
        results[of_row[row]] = static_cast<std::uint8_t>(!every);
    }
  });
}

}  // namespace torchfits
