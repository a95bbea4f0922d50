// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 6455 §5.5.2-5.5.3: the Pings of one end, and the Pongs of its peer that answer them.
///
/// Shape   add_ping() and add_pong() as they become known; either says what it settles. A Ping that waited behind a gap
/// may become known after its Pong: unmatched Pongs are kept for a while.
/// A Pong answers the newest Ping whose application data it repeats, and with it all older ones that are still open:
/// "the endpoint MAY elect to send a Pong frame for only the most recently processed Ping frame".
/// Bounded `most_open` Pings wait at a time; the oldest is given up beyond that.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "message.h"
#include "session.h"

namespace websocket {

class PingLedger {
 public:
  static constexpr std::size_t most_open = 1000;

  struct Ping {  ///< or a Pong
    FrameIndex frame = no_frame;
    Moment moment;
    std::string data;
  };

  /// A Pong and the Pings that it answers, the one that it repeats last; no Pings: none so far.
  struct Settled {
    FrameIndex pong = no_frame;
    Moment moment;  ///< of the Pong
    std::vector<Ping> pings;
  };

  /// Usually settles nothing.
  Settled add_ping(PingStats& stats, Ping ping);
  /// No Pings: it is unsolicited, as far as is known.
  Settled add_pong(PingStats& stats, Ping pong);

 private:
  static constexpr std::size_t most_kept = 16;
  Settled settle(PingStats& stats, const Ping& pong);
  [[nodiscard]] const Ping* nearly_answered(std::string_view pong) const;
  std::vector<Ping> open_;
  std::vector<Ping> unmatched_;  ///< Pongs
};

}  // namespace websocket
