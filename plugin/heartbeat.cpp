// SPDX-License-Identifier: GPL-2.0-or-later
#include "heartbeat.h"

#include "fields.h"

namespace wslens {
namespace {

using websocket::Mark;
using websocket::MessageType;

const websocket::Session& session_of(const MessageRecord& message) { return store()->session(message.session).session; }

bool is_heartbeat(FrameIndex frame) {
  const auto message = completed_message(frame);
  return message && (message->type == MessageType::ping || message->type == MessageType::pong || message->heartbeat);
}

}  // namespace

std::optional<AnsweredPing> ping_of(FrameIndex pong) {
  const PingAnswer* answer = store()->answer_of(pong);
  if (answer == nullptr || answer->ping_packet == none) return std::nullopt;
  AnsweredPing ping{answer->ping_packet, answer->known_late, std::nullopt};
  if (answer->round_trip >= 0) ping.round_trip = answer->round_trip;
  return ping;
}

bool is_unsolicited(FrameIndex pong, const MessageRecord& message) {
  const PingAnswer* answer = store()->answer_of(pong);
  return answer != nullptr && answer->ping_packet == none && session_of(message).complete_from_start();
}

PacketIndex pong_of(FrameIndex ping) {
  const PingAnswer* answer = store()->answer_of(ping);
  if (answer == nullptr || answer->frame == none || !store()->has_frame(answer->frame)) return none;
  const auto pong = completed_message(answer->frame);
  return pong ? pong->last_packet : none;
}

bool stayed_unanswered(FrameIndex ping, const MessageRecord& message) {
  constexpr std::uint64_t longest = 125;  // what a Ping may hold (RFC 6455 §5.5)
  const websocket::Session& session = session_of(message);
  const bool in_ledger = message.length <= longest && session.end(message.sender).pings.given_up == 0;
  if (store()->answer_of(ping) != nullptr || !in_ledger || !session.complete_from_start()) return false;
  const websocket::EndOfSession& peer = session.end(websocket::other(message.sender));
  const bool closed_before = peer.close.moment.happened() && peer.close.moment.packet < message.last_packet;
  return !closed_before;
}

bool brings_only_heartbeats(const Shown& shown) {
  for (const Mark mark : {Mark::request, Mark::response, Mark::closing, Mark::fin, Mark::rst, Mark::syn, Mark::waiting})
    if (shown.packet.has(mark)) return false;
  bool only = true;
  unsigned count = 0;
  for_each_shown_frame(shown, [&](FrameIndex frame) {
    ++count;
    only = only && is_heartbeat(frame);
  });
  if (count == 0 || !only) return false;
  for_each_piece(shown,
                 [&](const PieceRecord& piece) { only = only && is_in(shown, store()->frame(piece.frame).shown_in); });
  return only;
}

void annotate_ping(const Shown& shown, proto_tree* tree, tvbuff_t* tvb, FrameIndex frame,
                   const MessageRecord& message) {
  const bool end_is_known = shown.pinfo->fd->visited;
  if (message.type == MessageType::pong) {
    if (const auto ping = ping_of(frame)) {
      add_link(tree, hf.ping_request_frame, tvb, ping->packet);
      if (ping->round_trip) add_duration(tree, hf.ping_rtt, tvb, *ping->round_trip);
    } else if (end_is_known && is_unsolicited(frame, message)) {
      add_yes(tree, hf.ping_unsolicited, tvb);
    }
  } else if (message.type == MessageType::ping && end_is_known) {
    add_link(tree, hf.ping_response_frame, tvb, pong_of(frame));
    if (stayed_unanswered(frame, message)) add_yes(tree, hf.ping_unanswered, tvb);
  }
}

}  // namespace wslens
