// SPDX-License-Identifier: GPL-2.0-or-later
#include "reaction.h"

#include "close_code.h"
#include "verdict.h"

namespace websocket {
namespace {

bool is_ordinary(const CloseSeen& close) { return !close.code || !fails_connection(*close.code); }

ReactionKind kind_of(const Session& session, Role culprit) {
  const EndOfSession& peer = session.end(other(culprit));
  const Fault& fault = session.end(culprit).fault;
  if (!fault.reaction.happened()) return ReactionKind::none;
  const CloseSeen& close = peer.close;
  if (!close.moment.happened()) return ReactionKind::ended_tcp;
  // An error within the culprit's own Close ends the connection whatever the peer does.
  const bool culprit_closes = fault.moment.packet == session.end(culprit).close.moment.packet;
  const bool answers = session.first_close == culprit && !close.before_peers && !session.inside;
  const bool tolerated = answers && is_ordinary(close) && is_ordinary(session.end(culprit).close) && !culprit_closes;
  return tolerated ? ReactionKind::went_on : ReactionKind::closed;
}

/// Who only drops TCP after the culprit has done so has not reacted to anything.
bool follows_culprit(const Session& session, Role culprit) {
  const Moment& fin = session.end(culprit).fin;
  return session.first_fin == culprit && fin.packet < session.end(culprit).fault.reaction.packet;
}

}  // namespace

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
  reaction.fault = fault.moment;
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
