// SPDX-License-Identifier: GPL-2.0-or-later
/// The two taps: a message as it becomes known, and every packet that may belong to a session.
///
/// What listeners get is an index into the store, so nothing is allocated; read it with the functions below.
#pragma once

#include "compat.h"
#include "records.h"

namespace wslens {

inline constexpr const char* message_tap_name = "wslens_message";
inline constexpr const char* packet_tap_name = "wslens_packet";

void register_taps();
void queue_message(packet_info* pinfo, MessageIndex message);
void queue_packet(packet_info* pinfo, PacketIndex packet);
/// The index behind a tap's data pointer, of either tap.
std::uint32_t index_of(const void* tap_data);

}  // namespace wslens
