// SPDX-License-Identifier: BSD-3-Clause
#include "file/hdu_checksum.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/defaults.h"
#include "base/error.h"
#include "file/run_plan.h"
#include "fits/card_value.h"

namespace torchfits {
namespace {

constexpr std::uint32_t kAllOnes = 0xffffffffU;

std::optional<std::string> keyword_text(const Header& header, std::string_view keyword) {
  auto text = header.string(keyword);
  if (const auto number = text ? std::nullopt : header.integer(keyword))
    text = std::to_string(*number);
  if (!text || trim(*text).empty()) return std::nullopt;
  return std::string(trim(*text));
}

std::optional<std::uint32_t> sum_value(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The part of a range that the source has.
ByteRange present(const ByteSource& source, std::uint64_t begin, std::uint64_t end) {
  const auto last = source.extent(end);
  return {begin, last > begin ? last - begin : 0};
}

struct Piece {
  ByteRange range;
};

}  // namespace

Checksum sum_range(const ByteSource& source, ByteRange range) {
  constexpr std::uint64_t step = kMaxRangeBytes;
  Checksum total;
  std::mutex mutex;
  run_plan(
      source, range.length / step + (range.length % step != 0 ? 1 : 0),
      [&](std::uint64_t i) {
        return Piece{{range.offset + i * step, std::min(step, range.length - i * step)}};
      },
      [&](const Piece& piece, ByteView bytes) {
        Checksum part;
        part.add(bytes, piece.range.offset - range.offset);
        const std::scoped_lock lock(mutex);
        total.add(part);
      });
  return total;
}

HduSums compare_sums(const ByteSource& source, const HduRecord& hdu) {
  HduSums sums;
  const auto data_sum = keyword_text(hdu.header, "DATASUM");
  const auto checksum = keyword_text(hdu.header, "CHECKSUM");
  if (!data_sum && !checksum) return sums;
  const auto data = sum_range(source, present(source, hdu.data_offset, hdu.end()));
  sums.found = data.value();
  if (data_sum) {
    sums.announced = *data_sum;
    // All zeros sum to 0 or to all ones, which are the same number.
    const auto expected = sum_value(*data_sum);
    const bool right = expected && *expected % kAllOnes == sums.found % kAllOnes;
    sums.data = right ? SumVerdict::right : SumVerdict::wrong;
  }
  if (checksum) {
    auto whole = sum_range(source, present(source, hdu.header_offset, hdu.data_offset));
    whole.add(data);
    sums.total = whole.value();
    sums.whole = sums.total % kAllOnes == 0 ? SumVerdict::right : SumVerdict::wrong;
  }
  return sums;
}

void CheckedHdus::check(const File& file, std::size_t index) {
  {
    const std::scoped_lock lock(mutex_);
    if (index < right_.size() && right_[index]) return;
  }
  const auto& hdu = file.hdu(index);
  const auto end = hdu.data_offset + hdu.data_bytes;
  if (file.source().extent(end) < end) return;
  const auto sums = compare_sums(file.source(), hdu);
  if (sums.data == SumVerdict::wrong) {
    throw FitsError::format("the checksum of the data is wrong: DATASUM = '" + sums.announced +
                            "', found " + std::to_string(sums.found) +
                            "; fetch the file again, or open it without checksum=True")
        .in_hdu(hdu.label());
  }
  if (sums.whole == SumVerdict::wrong) {
    throw FitsError::format("the checksum of the HDU is wrong: with CHECKSUM it must sum to " +
                            std::to_string(kAllOnes) + ", found " + std::to_string(sums.total) +
                            (sums.data == SumVerdict::right
                                 ? "; the data are right, the header was changed"
                                 : "; fetch the file again") +
                            ", or open it without checksum=True")
        .in_hdu(hdu.label());
  }
  const std::scoped_lock lock(mutex_);
  if (index >= right_.size()) right_.resize(index + 1);
  right_[index] = true;
}

}  // namespace torchfits
