// SPDX-License-Identifier: GPL-2.0-or-later
/// The two taps: a packet that completes messages, and every packet that may belong to a session.
///
/// What listeners get is the packet's index in the store, so nothing is allocated. One entry a packet: Wireshark drops
/// what goes beyond 5000 for one packet, and a hostile packet may complete more messages than that.
#pragma once

#include "compat.h"
#include "records.h"

namespace wslens {

inline constexpr const char* message_tap_name = "wslens_message";
inline constexpr const char* packet_tap_name = "wslens_packet";

void register_taps();
/// To either of the two.
bool anybody_listens();
void queue_messages(packet_info* pinfo, PacketIndex packet);
void queue_packet(packet_info* pinfo, PacketIndex packet);
/// The same for any tap whose listeners expect such an index.
void queue(int tap, packet_info* pinfo, PacketIndex packet);
/// The packet behind a tap's data pointer.
PacketIndex packet_of(const void* tap_data);

}  // namespace wslens
