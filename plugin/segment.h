// SPDX-License-Identifier: GPL-2.0-or-later
/// The TCP headers and payloads of a packet, found in its own bytes: no tree, no fields.
///
/// Shape   packet_info in -> Segment. Not found: there is no TCP, or where it stands cannot be known.
/// Quoted TCP in an ICMP error is nobody's data and is not found.
#pragma once

#include <cstdint>

#include "compat.h"

namespace wslens {

struct Segment {
  tvbuff_t* source = nullptr;  ///< of the packet's data sources
  std::uint16_t source_index = 0;
  const std::uint8_t* payload = nullptr;  ///< where Wireshark has it; null: nothing of it was captured
  std::uint32_t payload_offset = 0;       ///< in source
  std::uint32_t payload_captured = 0;     ///< bytes that the capture has
  std::uint32_t payload_length = 0;       ///< bytes on the wire
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint8_t flags = 0;
  address from, to;  ///< point into the packet
  std::uint16_t from_port = 0, to_port = 0;
};

namespace tcp_flag {
inline constexpr std::uint8_t fin = 0x01, syn = 0x02, rst = 0x04, ack = 0x10;
}

/// What the dissectors have found in the packet so far.
struct Layers {
  unsigned tcp = 0;  ///< how many TCP segments
  bool tls = false;
  bool quoted = false;  ///< by an ICMP error
};

/// To be called once, when all protocols are known.
void prepare_segments();
Layers layers_of(packet_info* pinfo);
/// How many protocols there are, without looking at them.
unsigned count_layers(const packet_info* pinfo);
/// The segment that was dissected last.
bool find_segment(packet_info* pinfo, Segment& segment);
/// A packet may hold several IP packets side by side (an aggregate of IEEE 802.11, for one). From `at` on, which is
/// moved behind what was found, in the packet's first data source.
bool find_next_segment(packet_info* pinfo, unsigned& at, Segment& segment);
/// The packet's data source of that index; null if there is none.
tvbuff_t* source_tvb(packet_info* pinfo, unsigned index);

}  // namespace wslens
