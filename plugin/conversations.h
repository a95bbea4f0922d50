// SPDX-License-Identifier: GPL-2.0-or-later
/// Statistics ▸ Conversations and Endpoints with WebSockets (`-z conv,wslens`, `-z endpoints,wslens`), and Analyze ▸
/// Conversation Filter ▸ WebSocket session, which Colorize Conversation in the context menu of a packet has, too.
#pragma once

#include "compat.h"
#include "records.h"

namespace wslens {

void register_conversations(int proto);
/// Of every packet of a session. Costs nothing when nobody listens.
void queue_conversation(packet_info* pinfo, PacketIndex packet);

}  // namespace wslens
