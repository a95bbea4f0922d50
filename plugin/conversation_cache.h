// SPDX-License-Identifier: GPL-2.0-or-later
/// Wireshark's conversation of a TCP packet on the first pass, without asking Wireshark each time: its look-up costs as
/// much as all else that the lens does with a packet that carries no WebSocket.
///
/// Shape   packet_info in, conversation out; null: there is none. What its finder keeps with it is found with it.
/// Wireshark begins a new conversation between the same two ends at a SYN only, so a SYN is always looked up.
#pragma once

#include <epan/conversation.h>

#include "compat.h"

namespace wslens {

struct CachedConversation {
  conversation_t* conversation;
  void* link;  ///< the finder's; null at first
};

/// Good until the next call.
CachedConversation& cached_conversation(packet_info* pinfo, bool syn);
/// At the opening of a file: conversations of the last one are gone.
void forget_conversations();

}  // namespace wslens
