// SPDX-License-Identifier: GPL-2.0-or-later
#include "reaction.h"

#include "close_code.h"
#include "verdict.h"

namespace websocket {
namespace {

ReactionKind kind_of(const Session& session, Role culprit) {
  const EndOfSession& peer = session.end(other(culprit));
  const Fault& fault = session.end(culprit).fault;
  if (!fault.reaction.happened()) return ReactionKind::none;
  const CloseSeen& close = peer.close;
  if (!close.moment.happened()) return ReactionKind::ended_tcp;
  // What comes with the culprit's own Close or behind it may be dropped (§1.4).
  const CloseSeen& culprits = session.end(culprit).close;
  const bool before_close = fault.moment.packet < culprits.moment.packet;
  const bool tolerated = session.first_close == culprit && before_close && is_ordinary_answer(close, culprits);
  return tolerated ? ReactionKind::went_on : ReactionKind::closed;
}

/// Who only drops TCP after the culprit has done so has not reacted to anything.
bool follows_culprit(const Session& session, Role culprit) {
  const Moment& fin = session.end(culprit).fin;
  return session.first_fin == culprit && fin.packet < session.end(culprit).fault.reaction.packet;
}

}  // namespace

/// Its sender had read what came before, and thought nothing of it. That TCP had acknowledged is not enough: the
/// program may have closed by itself. That it echoes the code shows that it read.
bool is_ordinary_answer(const CloseSeen& answer, const CloseSeen& close) {
  const bool ordinary = !answer.code || !fails_connection(*answer.code);
  return answer.had_peers == true && ordinary && answer.body_known && close.body_known && answer.code == close.code;
}

std::string_view reaction_name(ReactionKind kind) {
  static constexpr std::array<std::string_view, 4> names{"closed", "ended-tcp", "went-on", "none"};
  return names[static_cast<std::size_t>(kind)];
}

std::optional<Reaction> reaction_to(const Session& session, Role culprit) {
  const EndOfSession& mine = session.end(culprit);
  const EndOfSession& peer = session.end(other(culprit));
  const Fault& fault = mine.fault;
  if (!fault.happened() || !peer.complete() || session.bytes_awaited) return std::nullopt;
  Reaction reaction;
  reaction.kind = kind_of(session, culprit);
  if (reaction.kind == ReactionKind::ended_tcp && follows_culprit(session, culprit)) reaction.kind = ReactionKind::none;
  reaction.rule = fault.rule;
  reaction.frames_meanwhile = peer.frames - fault.peer_frames;
  if (reaction.kind == ReactionKind::none) return reaction;
  reaction.moment = fault.reaction;
  reaction.after = fault.reaction.time - fault.moment.time;
  reaction.sent_meanwhile = fault.sent_meanwhile;
  reaction.frames_meanwhile = fault.frames_meanwhile;
  if (reaction.kind != ReactionKind::ended_tcp) reaction.code = peer.close.code;
  return reaction;
}

std::string in_words(const Reaction& reaction) {
  const std::string meanwhile =
      reaction.sent_meanwhile == 0 ? "" : " and " + std::to_string(reaction.sent_meanwhile) + " more bytes";
  const std::string after = " after " + duration_in_words(reaction.after) + meanwhile;
  switch (reaction.kind) {
    case ReactionKind::closed:
      return "closed" + (reaction.code ? " with " + std::to_string(*reaction.code) : " without a code") + after;
    case ReactionKind::ended_tcp:
      return "ended TCP without a Close frame" + after;
    case ReactionKind::went_on:
      return "went on as if nothing had been: " + std::to_string(reaction.frames_meanwhile) +
             " frames, then an ordinary Close" + after;
    case ReactionKind::none:
      break;
  }
  return "no reaction in the capture";
}

}  // namespace websocket
