// SPDX-License-Identifier: GPL-2.0-or-later
/// A session as an entry of a HAR, all but its messages.
///
/// Leaves without epan calls.
#pragma once

#include <string>

#include "session_store.h"

namespace wslens {

/// What the report noted of a session while the capture was read.
struct HarNotes {
  std::string request_members, response_members;  ///< see har_head.h; empty: the head is not in the capture
  std::uint64_t incomplete_messages = 0;
  std::uint64_t messages_not_utf8 = 0;
  bool websocket_disabled = false;  ///< so there are no messages
};

/// The first of its moments, by which entries are sorted. Nanoseconds.
std::int64_t har_start(const websocket::Session& session);

/// The entry's members but `_webSocketMessages` and `_webSocketControlFrames`, without braces.
std::string har_entry_members(const SessionEntry& entry, const HarNotes& notes);

}  // namespace wslens
