// SPDX-License-Identifier: GPL-2.0-or-later
#include "stats_pings.h"

#include <epan/stats_tree.h>

#include <string>

#include "annotate.h"
#include "compat.h"
#include "heartbeat.h"
#include "stats_value.h"
#include "taps.h"

namespace wslens {
namespace {

using websocket::MessageType;

/// tshark takes the first registered name that begins the argument of -z, so it must not begin with "wslens".
constexpr const char* abbreviation = "websocket_pings";
constexpr const char* round_trips = "Round-trip times, in milliseconds";
constexpr const char* ranges = "Round-trip times by range, in milliseconds";
constexpr websocket::Nanoseconds millisecond = 1'000'000;

int round_trips_id = 0;
int sent_id = 0;

std::string of_the(websocket::Role role) { return "of the " + std::string(websocket::role_name(role)); }

void begin(stats_tree* st) {
  sent_id = stats_tree_create_node(st, "Pings sent", 0, STAT_DT_INT, true);
  stats_tree_create_node(st, "Pongs that answer no Ping", 0, STAT_DT_INT, false);
  round_trips_id = stats_tree_create_node(st, round_trips, 0, STAT_DT_FLOAT, true);
  stats_tree_create_range_node(st, ranges, 0, "0-0", "1-9", "10-49", "50-99", "100-499", "500-999", "1000-4999",
                               "5000-", nullptr);
}

void note_round_trip(stats_tree* st, websocket::Role asked, websocket::Nanoseconds time) {
  const float milliseconds = static_cast<float>(static_cast<double>(time) / 1e6);
  avg_stat_node_add_value_float(st, round_trips, 0, true, milliseconds);
  avg_stat_node_add_value_float(st, ("to Pings " + of_the(asked)).c_str(), round_trips_id, false, milliseconds);
  tick_stat_node(st, ranges, 0, true);
  stats_tree_tick_range(st, ranges, 0, stats_value(static_cast<std::uint64_t>(time / millisecond)));
}

bool note(stats_tree* st, const MessageRecord& message) {
  if (message.type == MessageType::ping) {
    tick_stat_node(st, "Pings sent", 0, true);
    tick_stat_node(st, of_the(message.sender).c_str(), sent_id, false);
    return true;
  }
  if (message.type != MessageType::pong) return false;
  const auto ping = ping_of(message.last_frame);
  if (ping && ping->round_trip)
    note_round_trip(st, websocket::other(message.sender), *ping->round_trip);
  else if (!ping)
    tick_stat_node(st, "Pongs that answer no Ping", 0, false);
  return true;
}

tap_packet_status messages_known(stats_tree* st, packet_info*, epan_dissect_t*, const void* tap_data, tap_flags_t) {
  tap_packet_status status = TAP_PACKET_DONT_REDRAW;
  for_each_message(packet_of(tap_data), [&](const MessageRecord& message) {
    if (note(st, message)) status = TAP_PACKET_REDRAW;
  });
  return status;
}

}  // namespace

void register_ping_tree() {
  stats_tree_register_plugin(message_tap_name, abbreviation, WSLENS_STATISTICS_MENU "Ping Round-Trip Times", 0,
                             messages_known, begin, nullptr);
}

}  // namespace wslens
