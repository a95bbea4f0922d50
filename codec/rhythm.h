// SPDX-License-Identifier: GPL-2.0-or-later
/// Heartbeats that applications send as text because browsers give them no Pings: the same short text, again and again
/// at even intervals. No RFC names them; the rule is this file's own.
///
/// Shape   beats(text, time) in the order of the capture: true from the third time on that a short text comes again at
///         an interval like the last one (within a quarter, and at least a second). Decided at once and never taken
///         back.
/// Bounded a few texts at a time; one that has a rhythm keeps its place against passers-by.
#pragma once

#include <array>
#include <memory>

#include "byte_stream.h"
#include "bytes.h"

namespace websocket {

class Rhythm {
 public:
  static constexpr std::size_t longest = 64;  ///< bytes; longer texts are no heartbeats

  bool beats(Bytes text, Nanoseconds time);

 private:
  struct Beat {
    std::uint64_t digest = 0;
    Nanoseconds last = 0;
    Nanoseconds interval = 0;  ///< 0: it came once
  };
  std::unique_ptr<std::array<Beat, 16>> beats_;  ///< made with the first short text
};

}  // namespace websocket
