// SPDX-License-Identifier: BSD-3-Clause
// Card::format: the mirror of Card::parse.
#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <string>
#include <string_view>

#include "base/error.h"
#include "fits/card.h"

namespace torchfits {
namespace {

constexpr std::size_t kFixedWidth = 20;  ///< fixed-format values end in column 30 (section 4.2)
constexpr std::size_t kMinimumString =
    8;  ///< strings of mandatory keywords fill 8 characters (section 4.2.1.1)
constexpr std::string_view kContinuePrefix = "CONTINUE  ";
constexpr std::string_view kSlash = " / ";

bool is_printable(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

[[noreturn]] void refuse(const Card& card, std::string_view why) {
  const auto shown = is_printable(card.keyword) ? card.keyword : std::string("?");
  throw FitsError(ErrorCode::value, "keyword '" + shown + "': " + std::string(why));
}

/// Keywords whose cards are no value cards.
bool is_reserved(std::string_view keyword) noexcept {
  return is_commentary(keyword) || keyword == "CONTINUE" || keyword == "END" ||
         keyword == "HIERARCH";
}

void check_keyword(const Card& card, std::string_view keyword) {
  if (is_commentary(keyword)) refuse(card, "this keyword takes text, not a value");
  if (is_reserved(keyword)) refuse(card, "the Standard reserves this keyword; choose another");
  const auto wrong = [](char c) { return c < ' ' || c > '~' || c == '=' || c == '*' || c == '?'; };
  if (std::none_of(keyword.begin(), keyword.end(), wrong)) return;
  refuse(card,
         "a keyword is 1 to 8 of A-Z, 0-9, '-' and '_'; a longer one, which becomes a HIERARCH "
         "card, is printable ASCII without '=', '*' and '?'");
}

/// Throws for text that is not printable ASCII, and says where.
void check_text(const Card& card, std::string_view what, std::string_view text) {
  if (is_printable(text)) return;
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  const auto found =
      std::find_if_not(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  const auto number = 1 + std::count_if(text.begin(), found, [&](char c) { return !continues(c); });
  const auto end = std::find_if_not(found + 1, text.end(), continues);
  std::string why = "character " + std::to_string(number) + " of the " + std::string(what);
  if (*found == '\n' || *found == '\r') {
    why += " is a line break; a card holds one line (add_history and add_comment take several)";
  } else if (static_cast<unsigned char>(*found) < 0x80U) {
    why += " is a control character; a header holds printable ASCII only";
  } else {
    why += ", '" + std::string(found, end) +
           "', is not ASCII, and a header holds nothing else; spell it in plain letters";
  }
  refuse(card, why);
}

bool is_finite(const CardValue& value) {
  if (const auto* real = std::get_if<double>(&value)) return std::isfinite(*real);
  const auto* pair = std::get_if<std::complex<double>>(&value);
  return pair == nullptr || (std::isfinite(pair->real()) && std::isfinite(pair->imag()));
}

std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) result.append(c == '\'' ? 2 : 1, c);
  return result;
}

/// Pads `line` to a whole card.
std::string& fill(std::string& line) {
  line.resize((line.size() + kCardSize - 1) / kCardSize * kCardSize, ' ');
  return line;
}

/// "KEYWORD = " or "HIERARCH LONG KEYWORD = "; the blanks around '=' go where `needed` characters
/// do not fit otherwise.
std::string prefix(const Card& card, std::size_t needed) {
  const std::string keyword = normal_keyword(card.keyword);
  if (is_standard_keyword(keyword) && !is_reserved(keyword)) {
    return keyword + std::string(8 - keyword.size(), ' ') + "= ";
  }
  check_keyword(card, keyword);
  for (const std::string_view indicator : {" = ", "= ", "="}) {
    auto text = "HIERARCH " + keyword + std::string(indicator);
    if (text.size() + needed <= kCardSize) return text;
  }
  refuse(card, "keyword and value do not fit one card; use a shorter keyword");
}

/// Appends what fits of `comment`.
void add_comment(std::string& line, std::string_view comment) {
  if (comment.empty() || line.size() + kSlash.size() >= kCardSize) return;
  line += kSlash;
  line += comment.substr(0, kCardSize - line.size());
}

std::string format_plain(const Card& card) {
  if (!is_finite(card.value)) {
    refuse(card,
           "a header cannot hold NaN or infinity; set None for an undefined value, or a string");
  }
  const auto literal = format_literal(card.value);
  auto line = prefix(card, literal.size());
  const bool fixed = !line.starts_with("HIERARCH ");
  if (fixed && literal.size() < kFixedWidth) line.append(kFixedWidth - literal.size(), ' ');
  line += literal;
  if (line.size() > kCardSize) refuse(card, "the value does not fit one card");
  add_comment(line, card.comment);
  return fill(line);
}

/// A long string as CONTINUE cards (section 4.2.1.2). A comment that does not fit the last piece
/// goes on behind empty pieces, cut at single blanks so that joining the parts with a blank gives
/// it back.
class LongString {
 public:
  LongString(std::string first_prefix, std::string_view comment)
      : line_(std::move(first_prefix)), comment_(comment) {
    line_ += '\'';
  }

  std::string format(std::string_view value) {
    for (const char c : value) {
      const std::size_t width = c == '\'' ? 2 : 1;
      if (line_.size() + width + 2 > kCardSize) next_line();  // two more: '&' and the quote
      line_.append(width, c);
    }
    if (value.ends_with('&')) next_line();  // some readers take the '&' of a last piece off
    add_long_comment();
    return text_ += fill(line_);
  }

 private:
  /// Ends the line as "...&'" (and a part of the comment), and begins the next piece.
  void next_line(std::string_view comment_part = {}) {
    line_ += "&'";
    add_comment(line_, comment_part);
    text_ += fill(line_);
    line_ = kContinuePrefix;
    line_ += '\'';
  }

  void add_long_comment() {
    constexpr std::size_t kFrame = 2 + kSlash.size();  // "&'" and " / "
    bool own_line = false;
    while (line_.size() + kFrame - 1 + comment_.size() > kCardSize && !comment_.empty()) {
      const auto room = line_.size() + kFrame < kCardSize ? kCardSize - line_.size() - kFrame : 0;
      const auto cut = single_blank(room);
      if (cut == 0 && own_line) break;
      next_line(comment_.substr(0, cut));
      comment_.remove_prefix(cut == 0 ? 0 : cut + 1);
      own_line = true;
    }
    line_ += '\'';
    add_comment(line_, comment_);
  }

  /// The last blank of the comment at or before `room` with no blank beside it; 0 for none.
  [[nodiscard]] std::size_t single_blank(std::size_t room) const noexcept {
    for (auto at = std::min(room, comment_.size() - 1); at > 0; --at) {
      const bool inner = at + 1 < comment_.size();
      if (inner && comment_[at] == ' ' && comment_[at - 1] != ' ' && comment_[at + 1] != ' ')
        return at;
    }
    return 0;
  }

  std::string text_;
  std::string line_;
  std::string_view comment_;
};

std::string format_string(const Card& card, std::string_view value) {
  value = trim_right(value);
  auto literal = quoted(value);
  literal += '\'';
  constexpr std::size_t kShortestPiece = 5;  // quote, an escaped quote, '&', quote
  auto line = prefix(card, std::min(literal.size(), kShortestPiece));
  if (line.size() + literal.size() > kCardSize) {
    return LongString(std::move(line), card.comment).format(value);
  }
  if (!line.starts_with("HIERARCH ") && value.size() < kMinimumString && !value.empty()) {
    const auto width = std::max(literal.size(), kMinimumString + 2);
    literal.insert(literal.size() - 1, width - literal.size(), ' ');
  }
  line += literal;
  const bool fixed = !line.starts_with("HIERARCH ");
  if (fixed && !card.comment.empty()) {
    line.append(literal.size() < kFixedWidth ? kFixedWidth - literal.size() : 0, ' ');
  }
  add_comment(line, card.comment);
  return fill(line);
}

/// Commentary and junk: the text as it is, if it then reads back as what it is.
std::string format_text(const Card& card) {
  const auto* text = std::get_if<std::string>(&card.value);
  if (text == nullptr) refuse(card, "the text of a commentary card is a string");
  if (!card.comment.empty()) refuse(card, "a commentary card has no comment beside its text");
  std::string line;
  if (card.kind == CardKind::commentary) {
    line = card.keyword + std::string(8 - std::min<std::size_t>(card.keyword.size(), 8), ' ');
  }
  line += trim_right(*text);
  if (line.size() > kCardSize) {
    refuse(card, "a commentary card holds 72 characters; split the text over several cards");
  }
  fill(line);
  const auto read = Card::parse(line);
  if (read.kind != card.kind || read.keyword != card.keyword) {
    refuse(card, "the text would read back as another kind of card");
  }
  return line;
}

}  // namespace

std::string Card::format() const {
  const auto* text = std::get_if<std::string>(&value);
  check_text(*this, "comment", comment);
  if (text != nullptr) check_text(*this, "value", *text);
  if (kind != CardKind::value) return format_text(*this);
  return text != nullptr ? format_string(*this, *text) : format_plain(*this);
}

}  // namespace torchfits
