// SPDX-License-Identifier: GPL-2.0-or-later
/// Pings with their Pongs, and packets that bring nothing but heartbeats.
#pragma once

#include "annotate.h"

namespace wslens {

struct AnsweredPing {
  PacketIndex packet = none;                         ///< with the Ping
  bool known_late = false;                           ///< after the Pong
  std::optional<websocket::Nanoseconds> round_trip;  ///< none: the capture holds the two in the wrong order
};

/// The Ping that this Pong repeats; empty: none.
std::optional<AnsweredPing> ping_of(FrameIndex pong);
/// A Pong that answers no Ping, although nothing of its peer's bytes is missing.
bool is_unsolicited(FrameIndex pong, const MessageRecord& message);
/// The packet with the Pong that answers this Ping; none: no Pong so far.
PacketIndex pong_of(FrameIndex ping);
/// At the end of the capture: no Pong came, although nothing of the peer's bytes is missing, and it had not closed.
bool stayed_unanswered(FrameIndex ping, const MessageRecord& message);

/// Nothing but Pings, Pongs and texts that come again and again (see rhythm.h).
bool brings_only_heartbeats(const Shown& shown);

/// wslens.ping.*, below the message's entry.
void annotate_ping(const Shown& shown, proto_tree* tree, tvbuff_t* tvb, FrameIndex frame, const MessageRecord& message);

}  // namespace wslens
