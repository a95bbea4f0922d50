// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 6455 §5.4-5.6: a message (or a control frame) as the receiving application would see it, and how far to trust
/// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "byte_stream.h"
#include "status.h"
#include "violation.h"

namespace websocket {

enum class MessageType : std::uint8_t { text, binary, close, ping, pong };
constexpr bool is_data(MessageType type) { return type == MessageType::text || type == MessageType::binary; }
std::string_view message_type_name(MessageType type);

/// From best to worst. A message with a worse trust never shows wrong bytes as good ones.
enum class Trust : std::uint8_t {
  exact,        ///< all bytes seen, from the handshake on
  inferred,     ///< nothing contradicts it, nothing proves it
  after_gap,    ///< complete itself, but something before it was lost
  truncated,    ///< some of its own bytes are not in the capture
  undecodable,  ///< its bytes are there, but what they mean is not
};
std::string_view trust_name(Trust trust);
constexpr Trust worse(Trust a, Trust b) { return a < b ? b : a; }

using FrameIndex = std::uint32_t;  ///< the recorder's name for a frame
inline constexpr FrameIndex no_frame = UINT32_MAX;
inline constexpr PacketIndex no_packet = UINT32_MAX;

struct Message {
  MessageType type = MessageType::text;
  Role sender = Role::client;
  Trust trust = Trust::exact;
  bool compressed = false;
  bool in_packet = false;  ///< the payload stands, whole and in one piece, in the packet that shows it: `data` is empty
  bool context_lost = false;             ///< undecodable because it hangs on bytes that the capture does not have
  bool heartbeat = false;                ///< a text that comes again and again, see rhythm.h
  bool inflating_stopped = false;        ///< undecodable because it inflates to more than the cap
  bool data_cut = false;                 ///< `data` ends at the cap (keep_at_most)
  std::uint32_t number = 0;              ///< from 1, data messages of one direction; 0: a control frame
  std::uint32_t fragments = 0;           ///< frames
  std::optional<std::uint64_t> length;   ///< application bytes; empty: not known (compressed, not inflated)
  std::uint64_t wire_length = 0;         ///< of all its frames, with headers
  std::uint64_t payload_length = 0;      ///< of all its frames, without headers
  std::uint64_t lost = 0;                ///< payload bytes that the capture does not have
  PacketIndex first_packet = no_packet;  ///< the earliest with bytes of it
  PacketIndex last_packet = no_packet;   ///< the latest
  PacketIndex shown_in = no_packet;      ///< the packet that made it known; none: decided after the last packet
  Nanoseconds first_time = 0;
  Nanoseconds last_time = 0;
  ViolationSet violations;         ///< of the message, not of its frames
  std::vector<std::uint8_t> data;  ///< unmasked; where bytes were lost: those in front of the first hole
  std::string sha256;              ///< only where `data` does not suffice to compute it
};

}  // namespace websocket
