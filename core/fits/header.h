// SPDX-License-Identifier: BSD-3-Clause
// An ordered list of cards that keeps its bytes and parses them when asked.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "fits/card.h"

namespace torchfits {

/// Positions count cards, with the CONTINUE cards of a long string folded into theirs; lookup is
/// case-insensitive, the first of repeated keywords wins, and the HIERARCH prefix is optional. A
/// header that is not edited gives back its bytes. Copies are independent. Const use from many
/// threads at once is safe.
class Header {
 public:
  Header() = default;
  /// `cards`: text of a multiple of 80 bytes, without END and padding.
  explicit Header(std::string cards) : text_(std::move(cards)) {}

  /// From text as people keep it: cards of 80 bytes one after another, or lines of at most 80
  /// characters. Ends at END, if there is one. ErrorCode::value for other text.
  [[nodiscard]] static Header from_text(std::string_view text);

  /// All cards, 80 bytes each, without END.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// text(), END, blanks to a whole block: what stands in a file.
  [[nodiscard]] std::string to_blocks() const;

  [[nodiscard]] std::size_t size() const;
  /// ErrorCode::index for a position behind the last card.
  [[nodiscard]] Card card(std::size_t position) const;
  [[nodiscard]] std::string keyword(std::size_t position) const;
  [[nodiscard]] std::string_view card_text(std::size_t position) const;

  /// Position of the `nth` (0-based) card of that keyword.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view keyword,
                                                std::size_t nth = 0) const;
  /// The card itself: no other card is parsed.
  [[nodiscard]] std::optional<Card> find_card(std::string_view keyword, std::size_t nth = 0) const;
  /// Positions of all cards of that keyword.
  [[nodiscard]] std::vector<std::size_t> positions(std::string_view keyword) const;
  [[nodiscard]] std::size_t count(std::string_view keyword) const;

  /// The value of the first card of that keyword, if it is there and of that type. `integer` takes
  /// a whole float (GCOUNT = 12151.); `real` takes an integer; `string` has its trailing blanks
  /// removed.
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view keyword) const;
  [[nodiscard]] std::optional<double> real(std::string_view keyword) const;
  [[nodiscard]] std::optional<std::string> string(std::string_view keyword) const;
  [[nodiscard]] std::optional<bool> logical(std::string_view keyword) const;

  /// The cards at `positions`, in that order, byte for byte. ErrorCode::value, as for every edit
  /// below, where a stray CONTINUE card would become a part of the string that then stands before
  /// it.
  [[nodiscard]] Header select(const std::vector<std::size_t>& positions) const;

  /// Behind the last card that is not blank: where a new card goes.
  [[nodiscard]] std::size_t end_of_cards() const;

  /// Before `position`; at the end where it equals size().
  void insert(std::size_t position, const Card& card);
  void replace(std::size_t position, const Card& card);
  void erase(std::size_t position);
  /// In any order; all of them or, after an error, none.
  void erase(const std::vector<std::size_t>& positions);
  /// `cards`, text as Card::format() and card_text() give it, instead of the `count` cards from
  /// `position` on. The other cards keep their bytes.
  void splice(std::size_t position, std::size_t count, std::string_view cards);

 private:
  /// One logical card: its first 80-byte line and how many lines it takes.
  struct Entry {
    std::uint32_t line;
    std::uint32_t lines;
  };
  using Index = std::vector<Entry>;

  /// The entries, built by the first thread that needs them; a copied header builds its own.
  class IndexSlot {
   public:
    IndexSlot() = default;
    IndexSlot(const IndexSlot& /*other*/) noexcept {}
    IndexSlot(IndexSlot&& other) noexcept : index_(other.index_.exchange(nullptr)) {}
    IndexSlot& operator=(IndexSlot other) noexcept {
      reset(other.index_.exchange(nullptr));
      return *this;
    }
    ~IndexSlot() { reset(nullptr); }
    [[nodiscard]] const Index* get() const noexcept { return index_.load(); }
    const Index& publish(Index* built) noexcept;
    void reset(Index* index) noexcept { delete index_.exchange(index); }
    /// For edits, which no other thread may watch.
    [[nodiscard]] std::unique_ptr<Index> take() noexcept {
      return std::unique_ptr<Index>(index_.exchange(nullptr));
    }

   private:
    std::atomic<Index*> index_{nullptr};
  };

  const Index& entries() const;
  const Entry& entry(std::size_t position) const;
  /// Calls visit(position, entry) for the cards of that keyword, in order, until it returns false.
  template <class Visit>
  void for_each(std::string_view keyword, Visit visit) const;
  [[nodiscard]] std::string_view lines(Entry entry) const noexcept;
  /// The first line of the card at `position`; that behind the last one where it equals size().
  [[nodiscard]] std::size_t first_line(std::size_t position) const;
  [[nodiscard]] static Index index_of(std::string_view text);
  /// The entries of `cards`, lines counted from its first one. The neighbours show whether it stays
  /// apart from them: the card that stood before a stray CONTINUE card may be gone.
  [[nodiscard]] static Index index_between(std::string_view before, std::string_view cards,
                                           std::string_view after);

  std::string text_;
  mutable IndexSlot index_;
};

}  // namespace torchfits
