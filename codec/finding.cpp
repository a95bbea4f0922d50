// SPDX-License-Identifier: GPL-2.0-or-later
#include "finding.h"

#include <cassert>

namespace websocket {
namespace {

constexpr std::array<FindingInfo, finding_count> table = {{
    {Finding::gap, "capture-gap", Severity::warning, "Bytes that were sent are missing from the capture.",
     "bytes missing"},
    {Finding::snapshot_cut, "capture-snapshot-cut", Severity::note, "The snapshot length of the capture cut bytes off.",
     "bytes cut off"},
    {Finding::resynchronised, "capture-resynchronised", Severity::note,
     "Behind a gap that hid it, the beginning of a frame was found again by what the bytes look like.",
     "bits of evidence"},
    {Finding::late_start, "capture-late-start", Severity::note,
     "The capture begins after the opening handshake: that this is a WebSocket, and what was agreed, is inferred.",
     "bytes in front of the first frame"},
    {Finding::context_lost, "capture-context-lost", Severity::warning,
     "The compressed message refers to bytes that the capture does not have.", "compressed bytes"},
    {Finding::data_cut, "capture-data-cut", Severity::note,
     "Only the beginning of the message's data was kept: more with the preferences \"Keep at most of a message\" and "
     "\"Keep at most for a file\".",
     "bytes kept"},
    {Finding::inflating_stopped, "capture-inflating-stopped", Severity::note,
     "The compressed message inflated to so much that it was given up: more with the preferences \"Inflate at most of "
     "a message\" and \"Inflate at most, times its compressed bytes\".",
     "compressed bytes"},
    {Finding::sessions_full, "capture-sessions-full", Severity::warning,
     "This WebSocket is not followed: so many sessions came before it. More with the preference \"Sessions to "
     "follow\".",
     "sessions followed"},
}};

consteval bool every_row_stands_at_its_finding() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (static_cast<std::size_t>(table[i].finding) != i) return false;
  }
  return true;
}
static_assert(every_row_stands_at_its_finding());

}  // namespace

std::span<const FindingInfo> finding_table() { return table; }

const FindingInfo& finding_info(Finding finding) {
  const auto index = static_cast<std::size_t>(finding);
  assert(index < table.size());
  return table[index];
}

}  // namespace websocket
