// SPDX-License-Identifier: GPL-2.0-or-later
/// What the fuzz targets share: taking decisions and bytes from the input, and the check of a property.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "bytes.h"

namespace websocket::fuzz {

/// Decisions are taken from the front; when the input is used up, everything is 0 and empty.
class Input {
 public:
  explicit Input(Bytes bytes) : left_(bytes) {}

  std::uint8_t byte() {
    if (left_.empty()) return 0;
    const std::uint8_t value = left_.front();
    left_ = left_.subspan(1);
    return value;
  }
  std::uint16_t two_bytes() { return static_cast<std::uint16_t>(byte() << 8 | byte()); }
  /// At most so many, in a block of exactly their size: what reads beyond them is seen.
  std::vector<std::uint8_t> bytes(std::size_t most) {
    const Bytes taken = left_.first(std::min(most, left_.size()));
    left_ = left_.subspan(taken.size());
    return {taken.begin(), taken.end()};
  }
  [[nodiscard]] bool empty() const { return left_.empty(); }
  [[nodiscard]] Bytes rest() const { return left_; }

 private:
  Bytes left_;
};

/// libFuzzer keeps the input of a run that ends so.
inline void check(bool holds, const char* rule) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", rule);
  std::abort();
}

}  // namespace websocket::fuzz

/// Each target defines it.
void fuzz_one(websocket::Bytes input);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
