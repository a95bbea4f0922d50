// SPDX-License-Identifier: GPL-2.0-or-later
/// Protocols ▸ WebSocket Lens: the caps on what is kept. Each is decided when a file is opened.
/// And the built-in's two preferences, which go on being honoured.
#pragma once

#include "compat.h"
#include "session_store.h"

namespace wslens {

void register_preferences(int proto);
StoreLimits limits_from_preferences();

/// The built-in's `websocket.text_type`, in its own order.
enum class TextType : std::uint8_t { plain, lines, json, sip };
TextType builtin_text_type();

}  // namespace wslens
