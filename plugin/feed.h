// SPDX-License-Identifier: GPL-2.0-or-later
/// The way in: raw TCP segments of the first pass, into the store.
///
/// Called from whoever sees the packet first: our dissector handles or the postdissector. Each packet is fed once.
#pragma once

#include "compat.h"
#include "records.h"

namespace wslens {

void prepare_feed(int proto_wslens);

/// Feeds the packet if this is the first pass and it was not fed yet. Cheap where there is nothing to do.
void feed_packet(packet_info* pinfo);

/// The first pass is over: what waits is decided. May be called again.
void finish_feed();

/// The record of the packet; none: it has nothing to do with a WebSocket.
PacketIndex record_of(packet_info* pinfo);

}  // namespace wslens
