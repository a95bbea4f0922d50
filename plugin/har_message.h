// SPDX-License-Identifier: GPL-2.0-or-later
/// A message as a HAR entry holds it: an item of `_webSocketMessages`, or of `_webSocketControlFrames`. docs/har.md
/// says what the keys mean.
///
/// Leaves without epan calls.
#pragma once

#include <string>

#include "bytes.h"
#include "records.h"

namespace wslens {

/// All bytes that its sender sent are there, and none was made up.
bool is_whole(const MessageRecord& message);

/// Of a text or binary message. One that is not whole becomes an item of the type "error", whose data is a sentence: a
/// reader that knows nothing of our marks must not take a part for the message.
std::string har_message(const MessageRecord& message, websocket::Bytes data);

/// Of a Close, Ping or Pong.
std::string har_control_frame(const MessageRecord& message, websocket::Bytes data);

}  // namespace wslens
