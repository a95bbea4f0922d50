// SPDX-License-Identifier: GPL-2.0-or-later
#include "rhythm.h"

#include <cstdlib>

namespace websocket {
namespace {

constexpr Nanoseconds least_interval = 1'000'000'000;

/// FNV-1a, 64 bits.
std::uint64_t digest_of(Bytes text) {
  std::uint64_t digest = 0xCBF29CE484222325;
  for (const std::uint8_t byte : text) digest = (digest ^ byte) * 0x100000001B3;
  return digest;
}

}  // namespace

bool Rhythm::beats(Bytes text, Nanoseconds time) {
  if (text.empty() || text.size() > longest) return false;
  if (!beats_) beats_ = std::make_unique<std::array<Beat, 16>>();
  const std::uint64_t digest = digest_of(text);
  Beat& beat = (*beats_)[digest % beats_->size()];
  if (beat.digest != digest) {
    const bool has_rhythm = beat.interval >= least_interval && time - beat.last <= 2 * beat.interval;
    if (!has_rhythm) beat = {digest, time, 0};
    return false;
  }
  const Nanoseconds interval = time - beat.last;
  const Nanoseconds before = beat.interval;
  beat.last = time;
  beat.interval = interval;
  return interval >= least_interval && before >= least_interval && std::abs(interval - before) <= before / 4;
}

}  // namespace websocket
