// SPDX-License-Identifier: GPL-2.0-or-later
/// The TCP header and payload of a packet, found in its own bytes: no tree, no fields.
///
/// Shape   packet_info in -> Segment. found is false where there is no TCP, or where it stands cannot be known.
/// Quoted TCP in an ICMP error is nobody's data and is not found.
#pragma once

#include <cstdint>

#include "compat.h"

namespace wslens {

struct Segment {
  tvbuff_t* source = nullptr;  ///< of the packet's data sources
  std::uint16_t source_index = 0;
  std::uint32_t payload_offset = 0;    ///< in source
  std::uint32_t payload_captured = 0;  ///< bytes that the capture has
  std::uint32_t payload_length = 0;    ///< bytes on the wire
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint8_t flags = 0;
};

namespace tcp_flag {
inline constexpr std::uint8_t fin = 0x01, syn = 0x02, rst = 0x04, ack = 0x10;
}

/// To be called once, when all protocols are known.
void prepare_segments();
bool find_segment(packet_info* pinfo, Segment& segment);
/// The packet's data source of that index; null if there is none.
tvbuff_t* source_tvb(packet_info* pinfo, unsigned index);

}  // namespace wslens
