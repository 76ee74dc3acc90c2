// SPDX-License-Identifier: BSD-3-Clause
// _core.verify: what is wrong with a file, as plain tuples.
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include <array>

#include "base/error.h"
#include "bindings.h"
#include "io/file_source.h"
#include "source.h"
#include "verify/verifier.h"

namespace nb = nanobind;
using namespace nb::literals;
using namespace torchfits;

namespace {

nb::list findings_of(const std::vector<Finding>& findings) {
  nb::list list;
  for (const auto& finding : findings) {
    list.append(nb::make_tuple(finding.severity == Severity::error ? "error" : "warning",
                               finding.rule, to_python(finding.where), to_python(finding.problem),
                               to_python(finding.remedy)));
  }
  return list;
}

const char* verdict_name(SumVerdict verdict) {
  constexpr std::array<const char*, 3> names{"absent", "right", "wrong"};
  return names[static_cast<std::size_t>(verdict)];
}

std::optional<UnfinishedChange> unfinished_change(nb::handle source) {
  if (!nb::isinstance<nb::str>(source)) return std::nullopt;
  const auto path = file_system_path(source);
  try {
    FileIdentity identity;
    return find_unfinished_change(FileHandle::open_for_reading(path, identity), path);
  } catch (const FitsError&) {
    return std::nullopt;  // told better by who opens it to be read
  }
}

std::shared_ptr<const ByteSource> open_unfinished(nb::handle source) {
  const auto path = file_system_path(source);
  FileIdentity identity;
  return open_file(FileHandle::open_for_reading(path, identity), identity, path);
}

/// (name, size, HDUs, findings of no HDU); an HDU is (index, name, version, kind, offset, data
/// bytes, CHECKSUM, DATASUM, findings), a finding (severity, rule, where, problem, remedy).
nb::tuple verify(nb::handle source, bool checksum, bool data) {
  VerifyOptions options{.checksum = checksum, .data = data};
  options.change = unfinished_change(source);
  // Who reads such a file is refused: its bytes are looked at all the same.
  const File file(options.change ? open_unfinished(source) : open_source(source));
  const auto report = [&] {
    const nb::gil_scoped_release no_gil;
    try {
      return verify_file(file, options);
    } catch (FitsError& error) {
      error.in_file(file.source().name());
      throw;
    }
  }();
  nb::list hdus;
  for (const auto& hdu : report.hdus) {
    hdus.append(nb::make_tuple(hdu.index, to_python(hdu.name), hdu.version, hdu.kind, hdu.offset,
                               hdu.data_bytes, verdict_name(hdu.checksum),
                               verdict_name(hdu.datasum), findings_of(hdu.findings)));
  }
  return nb::make_tuple(to_python(file.source().name()), report.size, hdus,
                        findings_of(report.findings));
}

}  // namespace

void bind_verify(nb::module_& m) { m.def("verify", &verify, "source"_a, "checksum"_a, "data"_a); }
