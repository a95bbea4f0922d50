// SPDX-License-Identifier: GPL-2.0-or-later
/// The dissector handles: who is called for a packet of a WebSocket, and whose word goes first.
///
/// After the 101 the connection's packets come to us, so no port-based dissector takes them. Our handle in
/// `http.upgrade` gets the bytes that follow the head in the 101's own packet; what is not ours goes on to the
/// built-in. Nothing is fed from these calls' tvbuffs: they only show. The user's Decode As goes first; disabled, the
/// built-in is back.
#pragma once

#include <epan/conversation.h>

#include "compat.h"

namespace wslens {

void register_dissectors(int proto_wslens);
void prepare_dissectors();
/// At the opening of a file, and when it is dissected anew: the `http.upgrade` table gets our handle, or the built-in's
/// if the lens is disabled; whether WebSocket is enabled, and the user's Decode As, are asked for.
void begin_file();

/// From the next packet on the conversation's data comes to us; false if another protocol's turn goes first.
bool take_over(conversation_t* conversation, packet_info* pinfo);

/// Was WebSocket itself enabled when the file was opened? If not, no frames are shown.
bool websocket_enabled();
int websocket_proto();

}  // namespace wslens
