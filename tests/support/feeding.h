// SPDX-License-Identifier: GPL-2.0-or-later
/// Packets for a SessionStore, as the plugin feeds them.
#pragma once

#include "session_store.h"
#include "support/wire.h"

namespace wslens::test {

/// The packet of that number.
inline void feed(SessionStore& store, ConnectionEntry& entry, std::uint32_t number, websocket::TcpSegment segment,
                 websocket::Bytes bytes) {
  PacketRecord packet;
  packet.number = number;
  packet.file_offset = number * 100;
  packet.time = number * 1000;
  packet.payload_offset = websocket::test::payload_offset;
  segment.data.captured = bytes;
  segment.data.time = packet.time;
  store.begin_packet(packet.number, packet.file_offset);
  store.feed(entry, segment, packet);
}

}  // namespace wslens::test
