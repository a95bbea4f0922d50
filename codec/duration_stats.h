// SPDX-License-Identifier: GPL-2.0-or-later
/// Durations, in a few numbers: how many, the least, the most, the mean, and how far they spread (standard deviation).
///
/// Units   nanoseconds.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "byte_stream.h"

namespace websocket {

class DurationStats {
 public:
  void add(Nanoseconds duration) {
    least_ = count_ == 0 ? duration : std::min(least_, duration);
    most_ = count_ == 0 ? duration : std::max(most_, duration);
    ++count_;
    const double from_mean = static_cast<double>(duration) - mean_;  // Welford's way: no sum that grows
    mean_ += from_mean / count_;
    squares_ += from_mean * (static_cast<double>(duration) - mean_);
  }

  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] Nanoseconds least() const { return least_; }
  [[nodiscard]] Nanoseconds most() const { return most_; }
  [[nodiscard]] Nanoseconds mean() const { return static_cast<Nanoseconds>(mean_); }
  [[nodiscard]] Nanoseconds spread() const {
    return count_ == 0 ? 0 : static_cast<Nanoseconds>(std::sqrt(squares_ / count_));
  }

 private:
  std::uint32_t count_ = 0;
  Nanoseconds least_ = 0, most_ = 0;
  double mean_ = 0, squares_ = 0;
};

}  // namespace websocket
