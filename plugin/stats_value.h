// SPDX-License-Identifier: GPL-2.0-or-later
/// Numbers and rows for the trees below Statistics ▸ WebSocket Lens.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <utility>

namespace wslens {

/// Wireshark counts in int: what is more is shown as the most.
inline int stats_value(std::uint64_t value) {
  return static_cast<int>(std::min<std::uint64_t>(value, std::numeric_limits<int>::max()));
}

/// The name of a row, or that of the one which the rest share: a stats_tree looks through all rows beside a new one, so
/// there are at most 100 of a kind. `known` are those so far.
inline std::string capped_row(std::set<std::string>& known, std::string row, const char* rest) {
  constexpr std::size_t most_rows = 100;
  if (known.size() >= most_rows && known.count(row) == 0) return rest;
  return *known.insert(std::move(row)).first;
}

}  // namespace wslens
