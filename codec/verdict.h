// SPDX-License-Identifier: GPL-2.0-or-later
/// The end of a session in one sentence: what happened, who did it, and what the two programs will report.
#pragma once

#include <string>

#include "session.h"

namespace websocket {

/// What a sentence needs of the rest of the capture.
class PacketNumbers {
 public:
  /// The number that a person sees for a packet.
  virtual std::uint32_t number_of(PacketIndex packet) const = 0;
  /// The session with a smaller number than `before` whose key that Sec-WebSocket-Accept belongs to.
  virtual std::optional<std::uint32_t> session_with_accept(std::string_view accept, std::uint32_t before) const = 0;

 protected:
  ~PacketNumbers() = default;
};

/// "1.7 ms", "30.0 s", with three digits.
std::string duration_in_words(Nanoseconds duration);

std::string verdict(const Session& session, const PacketNumbers& packets);

/// The same in a few words, for a table: "cleanly, 1000", "not cleanly, no Close", "answer 403"; empty until it has
/// ended.
std::string ending_in_short(const Session& session);

}  // namespace websocket
