// SPDX-License-Identifier: GPL-2.0-or-later
#include "mqtt_packets.h"

namespace websocket {
namespace {

constexpr std::size_t longest_length_field = 4;

/// Of the packet that begins here; 0: it goes on behind the end of the bytes.
std::size_t packet_size(Bytes stream) {
  std::size_t remaining = 0;
  for (std::size_t i = 0; i < longest_length_field; ++i) {
    if (stream.size() < i + 2) return 0;
    const std::uint8_t byte = stream[i + 1];
    remaining |= std::size_t{byte & 0x7FU} << (7 * i);
    if ((byte & 0x80) != 0) continue;
    const std::size_t size = i + 2 + remaining;
    return size <= stream.size() ? size : 0;
  }
  return stream.size();
}

}  // namespace

std::size_t whole_mqtt_packets(Bytes stream) {
  std::size_t whole = 0;
  while (const std::size_t size = packet_size(stream.subspan(whole))) whole += size;
  return whole;
}

}  // namespace websocket
