// SPDX-License-Identifier: GPL-2.0-or-later
/// Numbers for the trees below Statistics ▸ WebSocket Lens.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace wslens {

/// Wireshark counts in int: what is more is shown as the most.
inline int stats_value(std::uint64_t value) {
  return static_cast<int>(std::min<std::uint64_t>(value, std::numeric_limits<int>::max()));
}

}  // namespace wslens
