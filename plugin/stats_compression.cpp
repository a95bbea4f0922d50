// SPDX-License-Identifier: GPL-2.0-or-later
#include "stats_compression.h"

#include <epan/stats_tree.h>

#include <map>
#include <set>
#include <string>

#include "annotate.h"
#include "compat.h"
#include "dissector.h"
#include "stats_value.h"
#include "taps.h"
#include "words.h"

namespace wslens {
namespace {

/// tshark takes the first registered name that begins the argument of -z, so it must not begin with "wslens".
constexpr const char* abbreviation = "websocket_compression";
constexpr const char* answers = "WebSockets opened";
constexpr const char* data = "Data messages, sizes in bytes";

int answers_id = 0;
int data_id = 0;

/// What was agreed so far. Several windows may be open.
std::map<const stats_tree*, std::set<std::string>> trees;

void begin(stats_tree* st) {
  trees[st] = {};
  answers_id = stats_tree_create_node(st, answers, 0, STAT_DT_INT, true);
  data_id = stats_tree_create_node(st, data, 0, STAT_DT_INT, true);
}

void end(stats_tree* st) { trees.erase(st); }

void note_answer(stats_tree* st, const websocket::Session& session) {
  const std::string answer = capped_row(trees[st], negotiation(session), "something else");
  tick_stat_node(st, answers, 0, true);
  tick_stat_node(st, answer.c_str(), answers_id, false);
}

/// The count of the row is that of the messages, its average their size as the applications have it.
void note_inflated(stats_tree* st, int of_direction, const MessageRecord& message) {
  const int row = avg_stat_node_add_value_int(st, "compressed", of_direction, true, stats_value(message.length));
  avg_stat_node_add_value_int(st, "on the wire", row, false, stats_value(message.wire_length));
  if (message.length == 0) return;
  const double percent = 100.0 * static_cast<double>(message.wire_length) / static_cast<double>(message.length);
  avg_stat_node_add_value_float(st, "on the wire, in % of the size", row, false, static_cast<float>(percent));
}

void note_message(stats_tree* st, const MessageRecord& message) {
  tick_stat_node(st, data, 0, true);
  const int of_direction = tick_stat_node(st, arrow(message.sender).data(), data_id, true);
  if (message.compressed && message.length_known)
    note_inflated(st, of_direction, message);
  else if (message.compressed)
    tick_stat_node(st, "compressed, not decodable", of_direction, false);
  else
    avg_stat_node_add_value_int(st, "not compressed", of_direction, false, stats_value(message.length));
}

tap_packet_status packet_seen(stats_tree* st, packet_info*, epan_dissect_t*, const void* tap_data, tap_flags_t) {
  const PacketIndex index = packet_of(tap_data);
  const PacketRecord& packet = store()->packet(index);
  if (packet.session == none) return TAP_PACKET_DONT_REDRAW;
  const websocket::Session& session = store()->session(packet.session).session;
  if (session.switched() && session.response_done.packet == index) note_answer(st, session);
  if (websocket_enabled())
    for_each_message(index, [&](const MessageRecord& message) {
      if (websocket::is_data(message.type)) note_message(st, message);
    });
  return TAP_PACKET_REDRAW;
}

}  // namespace

void register_compression_tree() {
  stats_tree_register_plugin(packet_tap_name, abbreviation, WSLENS_STATISTICS_MENU "Compression", 0, packet_seen, begin,
                             end);
}

}  // namespace wslens
