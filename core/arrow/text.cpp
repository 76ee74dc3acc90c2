// SPDX-License-Identifier: BSD-3-Clause
#include "arrow/text.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/parallel.h"

namespace torchfits {

namespace {

constexpr std::size_t kBlock = 1 << 15;

/// body(first, last) over blocks of entries, on the pool where there is more than one.
template <class Body>
void for_blocks(std::size_t count, const Body& body) {
  parallel_for((count + kBlock - 1) / kBlock, [&](std::size_t block) {
    body(block * kBlock, std::min(count, (block + 1) * kBlock));
  });
}

constexpr std::uint64_t kBlanks = 0x2020202020202020;
constexpr std::uint64_t kHighBits = 0x8080808080808080;

std::uint64_t load_word(const char* from) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

bool is_ascii(std::string_view text) noexcept {
  std::uint64_t all = 0;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) all |= load_word(text.data() + i);
  for (; i < text.size(); ++i) all |= static_cast<unsigned char>(text[i]);
  return (all & kHighBits) == 0;
}

/// The whole field of an entry.
std::string_view field(const FitsText& text, std::size_t i) noexcept {
  if (text.offsets == nullptr) return {text.data + i * text.width, text.width};
  const auto begin = text.offsets[i], end = text.offsets[i + 1];
  return {text.data + begin, static_cast<std::size_t>(end - begin)};
}

std::string_view entry(const FitsText& text, std::size_t i) noexcept {
  const auto whole = field(text, i);
  const char* const data = whole.data();
  auto length = whole.size();
  // Blanks first: where many are, there is little left to look for a NUL in.
  while (length >= 8 && load_word(data + length - 8) == kBlanks) length -= 8;
  while (length > 0 && data[length - 1] == ' ') --length;
  if (length == 0) return {};
  const void* const nul = std::memchr(data, 0, length);
  if (nul == nullptr) return {data, length};
  length = static_cast<std::size_t>(static_cast<const char*>(nul) - data);
  while (length > 0 && data[length - 1] == ' ') --length;
  return {data, length};
}

/// Latin-1's upper half takes two bytes in UTF-8.
std::size_t coded_length(std::string_view text, TextCoding coding) noexcept {
  if (coding == TextCoding::bytes) return text.size();
  return text.size() + static_cast<std::size_t>(std::count_if(
                           text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; }));
}

void write_utf8(std::string_view latin, char* out) noexcept {
  for (const char c : latin) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x80) {
      *out++ = c;
    } else {
      *out++ = static_cast<char>(0xC0 | (code >> 6));
      *out++ = static_cast<char>(0x80 | (code & 0x3F));
    }
  }
}

/// Element `i` of a leaf of text, in its own coding; of a null nothing.
std::string_view arrow_text(const ArrowView& leaf, std::uint64_t i) noexcept {
  if (leaf.is_null(i)) return {};
  if (!leaf.dictionary.empty()) return arrow_text(leaf.dictionary[0], leaf.index(i));
  const auto& type = leaf.field->type;
  const auto view = [](const std::byte* data, std::size_t length) {
    return std::string_view(reinterpret_cast<const char*>(data), length);
  };
  if (type.kind == ArrowKind::fixed_text)
    return view(leaf.values + (leaf.offset + i) * type.size, type.size);
  if (type.kind == ArrowKind::text) {
    const auto begin = leaf.place(i), end = leaf.place(i + 1);
    return begin == end ? std::string_view() : view(leaf.bytes + begin, end - begin);
  }
  std::int32_t head[4];
  const auto* const one = leaf.values + (leaf.offset + i) * sizeof head;
  std::memcpy(head, one, sizeof head);
  const auto length = static_cast<std::size_t>(head[0]);
  if (length <= 12) return view(one + 4, length);
  return view(leaf.pieces[static_cast<std::size_t>(head[2])].data() + head[3], length);
}

bool is_utf8(const ArrowView& leaf) {
  return (leaf.dictionary.empty() ? leaf : leaf.dictionary[0]).field->type.utf8;
}

/// Two bytes of UTF-8 that are one of Latin-1.
bool is_latin_pair(std::string_view text, std::size_t i) noexcept {
  const auto first = static_cast<unsigned char>(text[i]);
  return (first == 0xC2 || first == 0xC3) && i + 1 < text.size() &&
         (static_cast<unsigned char>(text[i + 1]) & 0xC0) == 0x80;
}

/// Length in Latin-1; npos where it cannot be.
std::size_t latin_length(std::string_view text) noexcept {
  std::size_t length = 0;
  for (std::size_t i = 0; i < text.size(); ++length) {
    if ((text[i] & 0x80) == 0) {
      ++i;
    } else if (is_latin_pair(text, i)) {
      i += 2;
    } else {
      return std::string_view::npos;
    }
  }
  return length;
}

/// Writes what was measured and returns its end; the bytes may have changed since.
char* write_latin(std::string_view text, char* out, const char* end) noexcept {
  for (std::size_t i = 0; i < text.size() && out != end; ++out) {
    const bool pair = (text[i] & 0x80) != 0 && i + 1 < text.size();
    *out = pair ? static_cast<char>(((text[i] & 3) << 6) | (text[i + 1] & 0x3F)) : text[i];
    i += pair ? 2 : 1;
  }
  return out;
}

std::size_t measured_length(std::string_view text, bool utf8) noexcept {
  return !utf8 || is_ascii(text) ? text.size() : latin_length(text);
}

char* write_measured(std::string_view text, bool utf8, char* out, const char* end) noexcept {
  if (utf8 && !is_ascii(text)) return write_latin(text, out, end);
  const auto length = std::min(text.size(), static_cast<std::size_t>(end - out));
  if (length > 0) std::memcpy(out, text.data(), length);
  return out + length;
}

[[noreturn]] void refuse_characters(std::uint64_t i) {
  throw FitsError(ErrorCode::value,
                  "string " + std::to_string(i) +
                      " has characters outside Latin-1: FITS cannot hold it; replace them, or cast "
                      "the column to binary to keep its bytes");
}

}  // namespace

bool beyond_ascii(const FitsText& text) {
  std::atomic<bool> found{false};
  for_blocks(text.count, [&](std::size_t first, std::size_t last) {
    // Most blocks have no such byte at all, not even behind the texts.
    const auto begin = field(text, first), end = field(text, last - 1);
    const auto bytes = static_cast<std::size_t>(end.data() + end.size() - begin.data());
    if (is_ascii({begin.data(), bytes})) return;
    for (auto i = first; i < last; ++i) {
      if (!is_ascii(entry(text, i))) return found.store(true, std::memory_order_relaxed);
    }
  });
  return found;
}

template <class Offset>
void write_text_offsets(const FitsText& text, TextCoding coding, Offset* offsets) {
  constexpr std::uint64_t kMost = std::numeric_limits<Offset>::max();
  std::atomic<bool> too_long{false};
  for_blocks(text.count, [&](std::size_t first, std::size_t last) {
    for (auto i = first; i < last; ++i) {
      const auto length = coded_length(entry(text, i), coding);
      if (length > kMost) too_long.store(true, std::memory_order_relaxed);
      offsets[i + 1] = static_cast<Offset>(length);
    }
  });
  std::uint64_t end = 0;
  offsets[0] = 0;
  for (std::size_t i = 1; i <= text.count && !too_long; ++i) {
    end += static_cast<std::uint64_t>(offsets[i]);
    if (end > kMost) too_long = true;
    offsets[i] = static_cast<Offset>(end);
  }
  if (too_long) throw FitsError(ErrorCode::value, "text beyond what its offsets count");
}

template <class Offset>
void write_text_bytes(const FitsText& text, TextCoding coding, const Offset* offsets, char* out) {
  for_blocks(text.count, [&](std::size_t first, std::size_t last) {
    for (auto i = first; i < last; ++i) {
      const auto bytes = entry(text, i);
      if (bytes.empty()) continue;
      if (coding == TextCoding::utf8)
        write_utf8(bytes, out + offsets[i]);
      else
        std::memcpy(out + offsets[i], bytes.data(), bytes.size());
    }
  });
}

template void write_text_offsets(const FitsText&, TextCoding, std::int32_t*);
template void write_text_offsets(const FitsText&, TextCoding, std::int64_t*);
template void write_text_bytes(const FitsText&, TextCoding, const std::int32_t*, char*);
template void write_text_bytes(const FitsText&, TextCoding, const std::int64_t*, char*);

TextSize measure_arrow_text(const ArrowView& leaf) {
  const bool utf8 = is_utf8(leaf);
  std::atomic<std::uint64_t> total{0}, longest{0};
  for_blocks(leaf.length, [&](std::size_t first, std::size_t last) {
    std::uint64_t sum = 0, most = 0;
    for (auto i = first; i < last; ++i) {
      const auto length = measured_length(arrow_text(leaf, i), utf8);
      if (length == std::string_view::npos) refuse_characters(i);
      const auto grown = checked_add(sum, length);
      if (!grown) throw FitsError(ErrorCode::value, "more text than 64 bits count");
      sum = *grown;
      most = std::max<std::uint64_t>(most, length);
    }
    if (!checked_add(total.fetch_add(sum), sum))
      throw FitsError(ErrorCode::value, "more text than 64 bits count");
    auto known = longest.load();
    while (known < most && !longest.compare_exchange_weak(known, most)) {
    }
  });
  return {total, longest};
}

void copy_padded_text(const ArrowView& leaf, std::size_t width, char* out) {
  const bool utf8 = is_utf8(leaf);
  for_blocks(leaf.length, [&](std::size_t first, std::size_t last) {
    for (auto i = first; i < last; ++i) {
      char* const end = out + (i + 1) * width;
      char* const written = write_measured(arrow_text(leaf, i), utf8, out + i * width, end);
      std::fill(written, end, ' ');
    }
  });
}

void copy_packed_text(const ArrowView& leaf, std::int64_t start, std::int64_t* places, char* out) {
  const bool utf8 = is_utf8(leaf);
  for (std::uint64_t i = 0; i < leaf.length; ++i) {
    places[i] = start;
    const auto text = arrow_text(leaf, i);
    const auto length = measured_length(text, utf8);
    write_measured(text, utf8, out, out + length);
    out += length;
    start += static_cast<std::int64_t>(length);
  }
}

}  // namespace torchfits
