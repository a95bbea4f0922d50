// SPDX-License-Identifier: GPL-2.0-or-later
/// The numbers of packets whose records are gone. Mostly one record follows another and so do their numbers, so a long
/// capture is a few runs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "records.h"

namespace wslens {

class NumberRuns {
 public:
  /// In ascending order of `packet`.
  void add(PacketIndex packet, std::uint32_t number) {
    if (runs_.empty() || number - packet != runs_.back().number - runs_.back().first) runs_.push_back({packet, number});
    end_ = packet + 1;
  }
  /// 0: never heard of it.
  [[nodiscard]] std::uint32_t find(PacketIndex packet) const {
    if (runs_.empty() || packet < runs_.front().first || packet >= end_) return 0;
    const auto after = std::upper_bound(runs_.begin(), runs_.end(), packet,
                                        [](PacketIndex index, const Run& run) { return index < run.first; });
    const Run& run = *(after - 1);
    return run.number + (packet - run.first);
  }
  void clear() { runs_.clear(); }

 private:
  struct Run {
    PacketIndex first;
    std::uint32_t number;  ///< of the first
  };
  std::vector<Run> runs_;
  PacketIndex end_ = 0;
};

}  // namespace wslens
