// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 6455 §7.1.7: what an end did about an error of its peer: the first, or the first that obliges it to fail the
/// connection.
///
/// Shape   a Session and the culprit in; none: it made no error, or nothing is known of its peer after it.
/// Evidence is what the peer sent. That it went on is said only where it answered, in the end, a later and ordinary
/// Close of the culprit: frames that merely follow may have been on their way.
#pragma once

#include <optional>
#include <string>

#include "session.h"

namespace websocket {

enum class ReactionKind : std::uint8_t {
  closed,     ///< its Close began the closing handshake, or says that it failed the connection
  ended_tcp,  ///< FIN or RST, without a Close of its own
  went_on,    ///< it processed what came after the error as if nothing had been
  none,       ///< the capture, or the culprit's own end, came first
};
std::string_view reaction_name(ReactionKind kind);

struct Reaction {
  ReactionKind kind = ReactionKind::none;
  Rule rule{};                         ///< that the culprit broke
  Moment moment;                       ///< when the peer reacted
  std::optional<std::uint16_t> code;   ///< of its Close
  Nanoseconds after = 0;               ///< from the fault
  std::uint64_t sent_meanwhile = 0;    ///< bytes that the culprit sent in between
  std::uint32_t frames_meanwhile = 0;  ///< that the peer sent in between
};

/// Does this Close answer that one, and as if nothing had been wrong before it?
bool is_ordinary_answer(const CloseSeen& answer, const CloseSeen& close);

std::optional<Reaction> reaction_to(const Session& session, Role culprit);

/// "closed with 1002 after 1.7 ms".
std::string in_words(const Reaction& reaction);

}  // namespace websocket
