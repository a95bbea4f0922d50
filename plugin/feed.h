// SPDX-License-Identifier: GPL-2.0-or-later
/// The way in: raw TCP segments and decrypted TLS records of the first pass, into the store.
///
/// Called from whoever sees the packet first, and again by the postdissector: everything in it is fed once.
#pragma once

#include "compat.h"
#include "records.h"

namespace wslens {

void prepare_feed(int proto_wslens);

/// Feeds what has been dissected of the packet so far, if this is the first pass. Cheap where there is nothing to do.
/// True: it is, and that was a single TCP segment, without TLS.
bool feed_packet(packet_info* pinfo);
/// Has it been fed as one, and has nothing else been dissected since? Then there is nothing more in the packet. On the
/// first pass; cheap.
bool is_lone_segment(const packet_info* pinfo);
/// The user chose us for this port by Decode As: its connection is a WebSocket, whatever the capture has of it.
void believe_connection(packet_info* pinfo);
/// HTTP hands over bytes behind a 101. They are fed only where the list of TLS records cannot be read.
void feed_upgraded(packet_info* pinfo, tvbuff_t* tvb);
/// The same after all dissectors: what else is in the packet, and what only then is known.
void feed_rest(packet_info* pinfo);

/// The file closes. In tshark the same capture may go on in a new one, with packets numbered anew (-M, -b): what is
/// under way is kept for it.
void suspend_feed();

/// The first pass is over: what waits is decided. May be called again.
void finish_feed();

/// The first of the packet's records; none: it has nothing to do with a WebSocket.
PacketIndex record_of(packet_info* pinfo);
/// The session of that record; none: it has none.
SessionIndex session_of(const frame_data* packet);
/// The record of the segment that is being dissected.
PacketIndex record_of_segment(packet_info* pinfo);

}  // namespace wslens
