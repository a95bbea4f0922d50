// SPDX-License-Identifier: GPL-2.0-or-later
/// The end of a session in one sentence: what happened, who did it, and what the two programs will report.
#pragma once

#include <string>

#include "session.h"

namespace websocket {

/// The number that a person sees for a packet.
class PacketNumbers {
 public:
  virtual std::uint32_t number_of(PacketIndex packet) const = 0;

 protected:
  ~PacketNumbers() = default;
};

std::string verdict(const Session& session, const PacketNumbers& packets);

}  // namespace websocket
