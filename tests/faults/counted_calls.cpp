// SPDX-License-Identifier: BSD-3-Clause
#include "counted_calls.h"

#include <signal.h>
#include <unistd.h>

#include <cstddef>

namespace torchfits::testing {
namespace {

const SystemCalls real = system_calls;
Fault planned = Fault::none;
int planned_number = 0;
int planned_error = EIO;
int count = 0;

/// The kernel copies what lies in one page without looking whether the process is to die.
constexpr std::size_t kPage = 4096;

void die() { kill(getpid(), SIGKILL); }

/// `call(part)` does the call, `part` of it where that can be.
template <class Call>
auto counted(Call&& call) -> decltype(call(1)) {
  const auto fault = count++ == planned_number ? planned : Fault::none;
  if (fault == Fault::error) {
    errno = planned_error;
    return -1;
  }
  if (fault == Fault::kill_before) die();
  const auto result = call(fault == Fault::kill_halfway ? 2 : 1);
  if (fault == Fault::kill_halfway || fault == Fault::kill_after) die();
  return result;
}

constexpr SystemCalls kCounted{
    .pwrite =
        [](int file, const void* bytes, std::size_t size, off_t offset) {
          const auto at = static_cast<std::size_t>(offset);
          const bool one_page = at / kPage == (at + size - 1) / kPage;
          return counted([&](std::size_t part) -> ssize_t {
            if (part == 2 && one_page) return 0;
            return real.pwrite(file, bytes, size / part, offset);
          });
        },
    .ftruncate =
        [](int file, off_t size) {
          return counted([&](int part) { return part == 2 ? 0 : real.ftruncate(file, size); });
        },
    .fallocate =
        [](int file, off_t size) {
          return counted([&](int part) { return real.fallocate(file, size / part); });
        },
    .copy_file_range =
        [](int from, off_t from_offset, int to, off_t to_offset, std::size_t size) {
          return counted([&](std::size_t part) {
            return real.copy_file_range(from, from_offset, to, to_offset, size / part);
          });
        },
    .fsync = [](int file) { return counted([&](int) { return real.fsync(file); }); },
    .rename =
        [](const char* from, const char* to) {
          return counted([&](int part) { return part == 2 ? 0 : real.rename(from, to); });
        },
    .exchange =
        [](const char* one, const char* other) {
          return counted([&](int part) { return part == 2 ? 0 : real.exchange(one, other); });
        },
    .link =
        [](const char* from, const char* to) {
          return counted([&](int part) { return part == 2 ? 0 : real.link(from, to); });
        },
    .unlink =
        [](const char* path) {
          return counted([&](int part) { return part == 2 ? 0 : real.unlink(path); });
        },
};

}  // namespace

CountedCalls::CountedCalls(Fault fault, int number, int error) {
  planned = fault;
  planned_number = number;
  planned_error = error;
  count = 0;
  system_calls = kCounted;
}

CountedCalls::~CountedCalls() { system_calls = real; }

int CountedCalls::calls() noexcept { return count; }

}  // namespace torchfits::testing
