// SPDX-License-Identifier: GPL-2.0-or-later
/// Protocols ▸ WebSocket Lens: the caps on what is kept, decided when a file is opened, and where
/// wss data comes from.
/// And the built-in's two preferences, which go on being honoured.
#pragma once

#include "compat.h"
#include "session_store.h"

namespace wslens {

void register_preferences(int proto);
StoreLimits limits_from_preferences();

/// Is the TLS dissector's list of records to be read? If not, what HTTP hands over has to do.
bool reads_tls_records();

/// The built-in's `websocket.text_type`, in its own order.
enum class TextType : std::uint8_t { plain, lines, json, sip };
TextType builtin_text_type();

}  // namespace wslens
