// SPDX-License-Identifier: BSD-3-Clause
// Elements in memory become the stored numbers of an image or column: the mirror of
// decode/natural.h, which refuses what cannot be stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "fits/layout.h"

namespace torchfits {

/// What becomes of 1.5 where integers are stored without a scaling; with one it is rounded.
enum class Fractions : std::uint8_t { refused, rounded };

/// Made once for an image or column, used by many threads.
class StoredValues {
 public:
  /// Elements of `from` into numbers of `coding`; bool counts as 0 and 1. ErrorCode::type where
  /// there is no way. `null_keyword` is BLANK or TNULLn.
  StoredValues(const ElementCoding& coding, ElementType from, std::string null_keyword,
               Fractions fractions = Fractions::refused);

  /// Whether every element fits, and its bytes are the stored number, but for the sign bit of the
  /// offset convention.
  [[nodiscard]] bool copies() const noexcept { return copies_; }

  /// `count` elements as stored numbers in native order, or as null where `nulls` (which may be
  /// absent) is not 0. Gives `count`, or the position of the first that cannot be stored; what
  /// `out` then holds is unspecified.
  [[nodiscard]] std::size_t operator()(const std::byte* in, const std::byte* nulls,
                                       std::size_t count, std::byte* out) const {
    return kernel_(*this, in, nulls, count, out);
  }

  /// Why an element cannot be stored, and what to do.
  [[nodiscard]] std::string problem(const std::byte* element) const;

 private:
  __extension__ using Wide = __int128;
  using Kernel = std::size_t (*)(const StoredValues&, const std::byte*, const std::byte*,
                                 std::size_t, std::byte*);
  template <class From, class Stored>
  static std::size_t store(const StoredValues& self, const std::byte* in, const std::byte* nulls,
                           std::size_t count, std::byte* out);
  template <class Stored, class From>
  [[nodiscard]] bool store_one(From value, Stored& out) const;
  template <class Stored, class From>
  [[nodiscard]] bool store_whole(From value, Stored& out) const;
  template <class Stored, class From>
  [[nodiscard]] bool store_scaled(From value, Stored& out) const;
  template <class Stored>
  [[nodiscard]] Stored null() const;
  [[nodiscard]] bool scales() const noexcept {
    return coding_.rule == ElementCoding::Rule::scale &&
           (fractions_ == Fractions::rounded || !coding_.scaling.identity());
  }

  ElementCoding coding_;
  ElementType from_;
  std::string null_keyword_;
  Fractions fractions_;
  std::optional<Wide> whole_zero_{};  ///< integers moved by a whole number stay exact
  Kernel kernel_ = nullptr;
  bool copies_ = false;
};

}  // namespace torchfits
