// SPDX-License-Identifier: GPL-2.0-or-later
#include "taps.h"

#include <epan/tap.h>

namespace wslens {
namespace {

int message_tap = -1;
int packet_tap = -1;

const void* pointer_to(std::uint32_t index) { return GUINT_TO_POINTER(index + 1); }  // never null

}  // namespace

void register_taps() {
  message_tap = register_tap(message_tap_name);
  packet_tap = register_tap(packet_tap_name);
}

bool anybody_listens() { return have_tap_listener(message_tap) || have_tap_listener(packet_tap); }

void queue(int tap, packet_info* pinfo, PacketIndex packet) {
  if (have_tap_listener(tap)) tap_queue_packet(tap, pinfo, pointer_to(packet));
}

void queue_messages(packet_info* pinfo, PacketIndex packet) { queue(message_tap, pinfo, packet); }

void queue_packet(packet_info* pinfo, PacketIndex packet) { queue(packet_tap, pinfo, packet); }

PacketIndex packet_of(const void* tap_data) { return GPOINTER_TO_UINT(tap_data) - 1; }

}  // namespace wslens
