// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 6455 §5.5.2-5.5.3: the Pings of one end, and the Pongs of its peer that answer them.
///
/// Shape   add_ping() and add_pong() in the order of the capture; add_pong() says which Pings it answers.
/// A Pong answers the newest Ping whose application data it repeats, and with it all older ones that are still open:
/// "the endpoint MAY elect to send a Pong frame for only the most recently processed Ping frame".
/// Bounded `most_open` Pings wait at a time; the oldest is given up beyond that.
#pragma once

#include <string>
#include <vector>

#include "message.h"
#include "session.h"

namespace websocket {

class PingLedger {
 public:
  static constexpr std::size_t most_open = 1000;

  struct Ping {
    FrameIndex frame = no_frame;
    Moment moment;
    std::string data;
  };

  void add_ping(PingStats& stats, Ping ping);
  /// The Pings that it answers, the one that it repeats last; empty: it is unsolicited.
  std::vector<Ping> add_pong(PingStats& stats, std::string_view data, const Moment& moment);

 private:
  std::vector<Ping> open_;
};

}  // namespace websocket
