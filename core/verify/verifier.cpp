// SPDX-License-Identifier: BSD-3-Clause
#include "verify/verifier.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "base/defaults.h"
#include "base/error.h"
#include "fits/block.h"
#include "fits/header_check.h"
#include "verify/content_check.h"

namespace torchfits {
namespace {

/// Of a header that has no end.
constexpr std::uint64_t kMostOfBrokenHeader = 1 * MiB;

std::string read_text(const ByteSource& source, std::uint64_t begin, std::uint64_t end) {
  const auto last = source.extent(end);
  if (last <= begin) return {};
  std::string text(static_cast<std::size_t>(last - begin), '\0');
  source.read({begin, last - begin}, std::as_writable_bytes(std::span(text)));
  return text;
}

/// The machine's faults are not the file's.
void rethrow_system_errors(const FitsError& error) {
  const auto code = error.code();
  if (code == ErrorCode::io || code == ErrorCode::changed || code == ErrorCode::file_not_found)
    throw error;
}

void check_sums(const File& file, const HduRecord& hdu, HduReport& report, Findings& findings) {
  const auto sums = compare_sums(file.source(), hdu);
  report.checksum = sums.whole;
  report.datasum = sums.data;
  const bool data_changed = sums.data == SumVerdict::wrong;
  if (data_changed) {
    findings.error(
        "datasum", "DATASUM",
        "the data sum to " + std::to_string(sums.found) + ", the header says " + sums.announced,
        "fetch the file again; if the data are right, write a new DATASUM");
  }
  if (sums.whole == SumVerdict::wrong) {
    findings.error("checksum", "CHECKSUM",
                   sums.data == SumVerdict::right
                       ? "the HDU does not sum to all ones, but its data are right: the header was "
                         "changed"
                       : "the HDU does not sum to all ones",
                   data_changed ? "fetch the file again" : "write a new CHECKSUM");
  }
}

/// True where all data are there.
bool check_present(const ByteSource& source, const HduRecord& hdu, Findings& findings) {
  const auto end = hdu.data_offset + hdu.data_bytes;
  const auto present = source.extent(end);
  if (present >= end) return true;
  const auto found = present > hdu.data_offset ? present - hdu.data_offset : 0;
  findings.error("truncated", "bytes from " + std::to_string(present) + " on",
                 "the data are cut off: " + std::to_string(hdu.data_bytes) + " bytes announced, " +
                     std::to_string(found) + " present",
                 "fetch the file again, or read what is left with allow_truncated=True");
  return false;
}

void check_data(const File& file, const HduRecord& hdu, const VerifyOptions& options,
                HduReport& report, Findings& findings) {
  const bool whole = check_present(file.source(), hdu, findings);
  if (options.checksum) check_sums(file, hdu, report, findings);
  if (!whole) return;
  if (hdu.data_bytes > 0) check_data_padding(file.source(), hdu, findings);
  try {
    static_cast<void>(file.layout(hdu.index));
  } catch (const FitsError& error) {
    rethrow_system_errors(error);
    if (!findings.has_errors()) findings.error("layout", "", error.problem(), "correct the header");
    return;
  }
  if (!options.data) return;
  check_rows(file, hdu, findings);
  check_tiles(file, hdu, findings);
}

/// The parts of an HDU that an interrupted change may have left new.
void check_unfinished(const UnfinishedChange& change, const HduRecord& hdu, Findings& findings) {
  for (const auto& range : change.ranges) {
    const auto begin = std::max(range.offset, hdu.header_offset);
    const auto end = std::min(range.end(), hdu.end());
    if (begin >= end) continue;
    findings.error("unfinished-update",
                   "bytes " + std::to_string(begin) + " to " + std::to_string(end - 1),
                   std::string("they may be old or new: an update was interrupted") +
                       (begin < hdu.data_offset ? "; the header is among them" : ""),
                   "open the file with mode 'r+', which restores the old state");
  }
}

/// The change as a whole.
void check_unfinished(const UnfinishedChange& change, std::uint64_t size, Findings& findings) {
  if (change.goes_on) {
    return findings.error("unfinished-update", "", "the file is being updated by another process",
                          "verify it again when that is done");
  }
  if (change.damaged) {
    return findings.error("unfinished-update", "",
                          "an update was interrupted, and its journal " + change.journal +
                              " is damaged: it is not known which bytes are new",
                          "restore the file from a copy, or remove the journal if all is right");
  }
  findings.error("unfinished-update", "",
                 "an update was interrupted; the journal " + change.journal +
                     " keeps the old bytes of " + std::to_string(change.ranges.size()) +
                     " ranges of the file" +
                     (size > change.old_size ? ", which had " + std::to_string(change.old_size) +
                                                   " bytes and has " + std::to_string(size)
                                             : ""),
                 "open the file with mode 'r+', which restores the old state");
}

HduReport check_hdu(const File& file, std::size_t index, const HeaderPlace& place,
                    const VerifyOptions& options) {
  const auto& hdu = file.hdu(index);
  HduReport report;
  report.index = index;
  report.name = hdu.name();
  report.version = hdu.version();
  report.kind = kind_name(hdu.kind);
  report.offset = hdu.header_offset;
  report.data_bytes = hdu.data_bytes;
  Findings findings;
  if (options.change) check_unfinished(*options.change, hdu, findings);
  try {
    check_header(read_text(file.source(), hdu.header_offset, hdu.data_offset), place, findings);
    check_data(file, hdu, options, report, findings);
  } catch (const FitsError& error) {
    rethrow_system_errors(error);
    findings.error("unreadable", "", error.problem(), "fetch the file again");
  }
  report.findings = findings.list();
  return report;
}

/// Why the header at `offset` is none: what its cards tell, else what the reader said.
void check_broken(const File& file, std::size_t index, std::uint64_t offset, const FitsError& error,
                  Findings& findings) {
  const auto where = "HDU " + std::to_string(index) + ", byte " + std::to_string(offset);
  findings.error("header-unreadable", where, error.problem(),
                 "correct the header, or fetch the file again");
  const auto text = read_text(file.source(), offset, offset + kMostOfBrokenHeader);
  const auto size = CardList::read(text).end;
  if (index == 0 && !text.starts_with("SIMPLE")) return;
  const auto end = padded(size + kCardSize).value();
  check_header(std::string_view(text).substr(0, end), {index == 0, false}, findings);
}

/// What lies behind the last HDU, or the header that could not be read there.
void check_end(const File& file, std::size_t count, Findings& findings) {
  const auto end = count == 0 ? 0 : file.hdu(count - 1).end();
  try {
    static_cast<void>(file.hdu(count));
    return;
  } catch (const FitsError& error) {
    rethrow_system_errors(error);
    if (error.code() != ErrorCode::hdu_index)
      return check_broken(file, count, end, error, findings);
  }
  const auto size = file.source().extent(UINT64_MAX);
  if (size <= end) return;
  const auto head = read_text(file.source(), end, end + kBlockSize);
  const bool zeros = head.find_first_not_of('\0') == std::string::npos;
  findings.error("trailing-bytes", "bytes from " + std::to_string(end) + " on",
                 std::to_string(size - end) + " bytes behind the last HDU are no HDU" +
                     (zeros ? ": they begin with zeros" : ""),
                 "cut the file to " + std::to_string(end) + " bytes, if they mean nothing");
}

/// HDUs that cannot be told apart by kind, name and version.
void check_names(const std::vector<HduReport>& hdus, Findings& findings) {
  std::map<std::tuple<std::string_view, std::string, std::int64_t>, std::size_t> seen;
  for (const auto& hdu : hdus) {
    if (hdu.name.empty() || hdu.index == 0) continue;
    const auto [first, fresh] =
        seen.emplace(std::tuple(hdu.kind, hdu.name, hdu.version), hdu.index);
    if (fresh) continue;
    findings.warning("hdu-name", "HDU " + std::to_string(hdu.index),
                     "'" + hdu.name + "', version " + std::to_string(hdu.version) + ", is HDU " +
                         std::to_string(first->second) + " too",
                     "give it another EXTVER");
  }
}

}  // namespace

FileReport verify_file(const File& file, const VerifyOptions& options) {
  FileReport report;
  Findings findings;
  if (options.change) check_unfinished(*options.change, file.source().extent(UINT64_MAX), findings);
  std::size_t count = 0;
  try {
    count = file.count();
  } catch (const FitsError& error) {
    rethrow_system_errors(error);
    check_broken(file, 0, 0, error, findings);
    report.findings = findings.list();
    return report;
  }
  for (std::size_t index = 0; index < count; ++index)
    report.hdus.push_back(check_hdu(file, index, {index == 0, count > 1}, options));
  try {
    check_end(file, count, findings);
    report.size = file.source().extent(UINT64_MAX);
  } catch (const FitsError& error) {
    rethrow_system_errors(error);
    findings.error("truncated", "", error.problem(), "fetch the file again");
  }
  check_names(report.hdus, findings);
  report.findings = findings.list();
  return report;
}

}  // namespace torchfits
