// SPDX-License-Identifier: GPL-2.0-or-later
/// What the JSON reports say alike about a message.
///
/// Leaves without epan calls.
#pragma once

#include "bytes.h"
#include "json_line.h"
#include "records.h"

namespace wslens {

/// `code` and `reason` of a Close frame with this body; null where they are not known.
void add_close(JsonLine& line, const MessageRecord& message, websocket::Bytes data);

/// `request_frame` and `rtt` of a Pong; null where it answers no Ping.
void add_answered_ping(JsonLine& line, const MessageRecord& pong);

/// The data are text, as far as they were captured: a cut may stand in the middle of a character.
bool is_text(const MessageRecord& message, websocket::Bytes data);

}  // namespace wslens
