// SPDX-License-Identifier: GPL-2.0-or-later
#include "ping_ledger.h"

#include <algorithm>

namespace websocket {

namespace {

/// A capture may hold the packets of two ends in another order than they were sent in.
constexpr Nanoseconds most_ahead = 1'000'000'000;

}  // namespace

PingLedger::Settled PingLedger::add_ping(PingStats& stats, Ping ping) {
  if (stats.sent != 0) stats.intervals.add(ping.moment.time - stats.last.time);
  ++stats.sent;
  stats.last = ping.moment;
  const auto early = std::find_if(unmatched_.begin(), unmatched_.end(), [&](const Ping& pong) {
    return pong.data == ping.data && pong.moment.time + most_ahead > ping.moment.time;
  });
  open_.push_back(std::move(ping));
  if (early != unmatched_.end()) {
    const Ping pong = std::move(*early);
    unmatched_.erase(early);
    --stats.unsolicited_pongs;
    return settle(stats, pong);
  }
  if (open_.size() > most_open) {
    ++stats.given_up;
    open_.erase(open_.begin());
  }
  stats.oldest_open = open_.front().moment;
  return {};
}

PingLedger::Settled PingLedger::add_pong(PingStats& stats, Ping pong) {
  Settled settled = settle(stats, pong);
  if (!settled.pings.empty()) return settled;
  if (const Ping* const ping = nearly_answered(pong.data)) {
    stats.near_miss = pong.moment;
    stats.near_ping = ping->moment.packet;
  }
  ++stats.unsolicited_pongs;
  if (unmatched_.size() == most_kept) unmatched_.erase(unmatched_.begin());
  unmatched_.push_back(std::move(pong));
  return settled;
}

/// One is the beginning of the other. An empty Pong may be a heartbeat that nobody asked for (§5.5.3).
const PingLedger::Ping* PingLedger::nearly_answered(std::string_view pong) const {
  const auto found = std::find_if(open_.begin(), open_.end(), [pong](const Ping& ping) {
    return !ping.data.empty() && (std::string_view(ping.data).starts_with(pong) || pong.starts_with(ping.data));
  });
  return pong.empty() || found == open_.end() ? nullptr : &*found;
}

PingLedger::Settled PingLedger::settle(PingStats& stats, const Ping& pong) {
  const auto repeated =
      std::find_if(open_.rbegin(), open_.rend(), [&](const Ping& ping) { return ping.data == pong.data; });
  if (repeated == open_.rend()) return {pong.frame, pong.moment, {}};
  Settled settled{
      pong.frame, pong.moment, {std::make_move_iterator(open_.begin()), std::make_move_iterator(repeated.base())}};
  open_.erase(open_.begin(), repeated.base());
  if (settled.pings.back().moment.packet == stats.near_ping) stats.near_ping = no_packet;
  stats.answered += static_cast<std::uint32_t>(settled.pings.size());
  const Nanoseconds round_trip = pong.moment.time - settled.pings.back().moment.time;
  if (round_trip >= 0) stats.round_trips.add(round_trip);
  stats.oldest_open = open_.empty() ? Moment{} : open_.front().moment;
  return settled;
}

}  // namespace websocket
