// SPDX-License-Identifier: BSD-3-Clause
// Run-time choice of instruction sets: one loop body, compiled once for each set.
#pragma once

#include <cstdint>

namespace torchfits {

/// Instruction sets that a kernel is compiled for. The portable one is all that other machines than
/// x86-64 need.
enum class Simd : std::uint8_t { portable, avx2 };

/// The best set that this CPU has; asked once.
[[nodiscard]] inline Simd best_simd() noexcept {
#if defined(__x86_64__)
  static const Simd best = __builtin_cpu_supports("avx2") ? Simd::avx2 : Simd::portable;
  return best;
#else
  return Simd::portable;
#endif
}

template <class Body, class Function>
struct Compiled;

/// `Body::run` is static and [[gnu::always_inline]], so that each function below is a copy of its
/// loop. No FMA is enabled: both copies round alike.
template <class Body, class Result, class... Args>
struct Compiled<Body, Result (*)(Args...)> {
  static Result portable(Args... args) { return Body::run(args...); }
#if defined(__x86_64__)
  [[gnu::target("avx2")]] static Result avx2(Args... args) { return Body::run(args...); }
#endif
};

/// Body::run compiled for `simd`.
template <class Body>
[[nodiscard]] auto compiled(Simd simd) noexcept {
  using Both = Compiled<Body, decltype(&Body::run)>;
#if defined(__x86_64__)
  if (simd == Simd::avx2) return &Both::avx2;
#endif
  static_cast<void>(simd);
  return &Both::portable;
}

}  // namespace torchfits
