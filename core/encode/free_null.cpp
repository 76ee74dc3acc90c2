// SPDX-License-Identifier: BSD-3-Clause
#include "encode/free_null.h"

#include <array>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include "base/error.h"

namespace torchfits {
namespace {

/// Values that are looked for in one pass, where those that come to mind are taken.
constexpr std::uint64_t kWindow = std::uint64_t{1} << 20;

/// Values of a type as unsigned numbers in the order in which they are tried: from the least of a
/// signed type upwards, from the greatest of an unsigned one downwards.
template <class T>
class Search {
 public:
  using Word = std::make_unsigned_t<T>;
  static constexpr Word kTop = Word{1} << (8 * sizeof(T) - 1);
  static constexpr Word kLast = std::numeric_limits<Word>::max();

  Search(const ElementCoding& coding, const NullableIntegers& integers)
      : integers_(integers), flips_(coding.rule == ElementCoding::Rule::offset) {}

  std::optional<std::int64_t> run(std::optional<std::int64_t> wanted) const {
    if (const auto near = first_free(wanted ? word_of(*wanted) : Word{0})) return stored(*near);
    for (std::uint64_t start = 0;; start += kWindow) {
      if (const auto found = free_in(start)) return stored(*found);
      if (start + (kWindow - 1) >= kLast) return std::nullopt;
    }
  }

 private:
  static Word order(T value) {
    const auto bits = static_cast<Word>(value);
    return std::is_signed_v<T> ? static_cast<Word>(bits ^ kTop) : static_cast<Word>(~bits);
  }

  /// The values as they are stored: bytes unsigned, others signed.
  using Stored = std::conditional_t<sizeof(T) == 1, std::uint8_t, std::make_signed_t<T>>;

  std::int64_t stored(Word place) const {
    auto bits = std::is_signed_v<T> ? static_cast<Word>(place ^ kTop) : static_cast<Word>(~place);
    if (flips_) bits = static_cast<Word>(bits ^ kTop);
    return std::int64_t{static_cast<Stored>(bits)};
  }

  /// Of a number that the stored type does not have: the first.
  Word word_of(std::int64_t number) const {
    const auto narrow = static_cast<Stored>(number);
    if (std::int64_t{narrow} != number) return 0;
    auto bits = static_cast<Word>(narrow);
    if (flips_) bits = static_cast<Word>(bits ^ kTop);
    return order(static_cast<T>(bits));
  }

  template <class Visit>
  void for_each_value(Visit visit) const {
    for (std::size_t i = 0; i < integers_.count; ++i) {
      T value;
      std::memcpy(&value, integers_.values + i * sizeof value, sizeof value);
      visit(order(value), integers_.nulls == nullptr || integers_.nulls[i] == std::byte{0});
    }
  }

  /// Of `wanted` and both ends.
  std::optional<Word> first_free(Word wanted) const {
    const std::array<Word, 3> candidates{wanted, 0, kLast};
    std::array<unsigned, 3> taken{};
    for_each_value([&](Word word, bool counts) {
      for (std::size_t k = 0; k < candidates.size(); ++k)
        taken[k] |= static_cast<unsigned>(word == candidates[k]) & static_cast<unsigned>(counts);
    });
    for (std::size_t k = 0; k < candidates.size(); ++k) {
      if (taken[k] == 0) return candidates[k];
    }
    return std::nullopt;
  }

  std::optional<Word> free_in(std::uint64_t start) const {
    std::vector<bool> taken(kWindow, false);
    for_each_value([&](Word word, bool counts) {
      const auto place = std::uint64_t{word} - start;
      if (counts && place < kWindow) taken[place] = true;
    });
    for (std::uint64_t place = 0; place < kWindow && start + place <= kLast; ++place) {
      if (!taken[place]) return static_cast<Word>(start + place);
    }
    return std::nullopt;
  }

  const NullableIntegers& integers_;
  bool flips_;
};

}  // namespace

std::optional<std::int64_t> free_null(const ElementCoding& coding, const NullableIntegers& integers,
                                      std::optional<std::int64_t> wanted) {
  return dispatch(coding.natural, [&]<class T>() -> std::optional<std::int64_t> {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      return Search<T>(coding, integers).run(wanted);
    } else {
      throw FitsError(ErrorCode::type, "TNULL is for integers");
    }
  });
}

}  // namespace torchfits
