// SPDX-License-Identifier: GPL-2.0-or-later
/// THE table of findings: what the capture itself lacks, or what had to be inferred. Nobody broke a rule by it.
///
/// Shape   Finding is the row's index; finding_info() is the row. What a session met of them stands in
/// Session::findings.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "violation.h"

namespace websocket {

enum class Finding : std::uint8_t {
  gap,                ///< amount: bytes
  snapshot_cut,       ///< amount: bytes
  resynchronised,     ///< amount: bits of evidence
  late_start,         ///< amount: captured bytes in front of the first frame that was recognised
  context_lost,       ///< amount: compressed bytes
  data_cut,           ///< amount: bytes that were kept
  inflating_stopped,  ///< amount: compressed bytes
  sessions_full,      ///< the file's: it stands in no session
};

inline constexpr std::size_t finding_count = static_cast<std::size_t>(Finding::sessions_full) + 1;

struct FindingInfo {
  Finding finding;
  std::string_view id;  ///< stable and speaking: "capture-gap"
  Severity severity;
  std::string_view sentence;
  std::string_view amount;  ///< what is counted: "bytes"
};

std::span<const FindingInfo> finding_table();
const FindingInfo& finding_info(Finding finding);

}  // namespace websocket
