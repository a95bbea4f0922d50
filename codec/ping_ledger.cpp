// SPDX-License-Identifier: GPL-2.0-or-later
#include "ping_ledger.h"

#include <algorithm>

namespace websocket {

void PingLedger::add_ping(PingStats& stats, Ping ping) {
  if (stats.sent != 0) stats.intervals.add(ping.moment.time - stats.last.time);
  ++stats.sent;
  stats.last = ping.moment;
  if (!stats.oldest_open.happened()) stats.oldest_open = ping.moment;
  open_.push_back(std::move(ping));
  if (open_.size() <= most_open) return;
  ++stats.given_up;
  open_.erase(open_.begin());
  stats.oldest_open = open_.front().moment;
}

std::vector<PingLedger::Ping> PingLedger::add_pong(PingStats& stats, std::string_view data, const Moment& moment) {
  const auto repeated = std::find_if(open_.rbegin(), open_.rend(), [&](const Ping& ping) { return ping.data == data; });
  if (repeated == open_.rend()) {
    ++stats.unsolicited_pongs;
    return {};
  }
  std::vector<Ping> answered(std::make_move_iterator(open_.begin()), std::make_move_iterator(repeated.base()));
  open_.erase(open_.begin(), repeated.base());
  stats.answered += static_cast<std::uint32_t>(answered.size());
  stats.round_trips.add(moment.time - answered.back().moment.time);
  stats.oldest_open = open_.empty() ? Moment{} : open_.front().moment;
  return answered;
}

}  // namespace websocket
