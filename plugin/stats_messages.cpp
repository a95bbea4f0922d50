// SPDX-License-Identifier: GPL-2.0-or-later
#include "stats_messages.h"

#include <epan/stats_tree.h>

#include <string>

#include "annotate.h"
#include "compat.h"
#include "stats_value.h"
#include "taps.h"
#include "words.h"

namespace wslens {
namespace {

/// tshark takes the first registered name that begins the argument of -z, so it must not begin with "wslens".
constexpr const char* abbreviation = "websocket_messages";
constexpr const char* top = "Messages and control frames, sizes in bytes";
constexpr const char* unknown_size = "of unknown size";
constexpr const char* sizes = "Sizes of messages, in bytes";
int top_id = 0;

void begin(stats_tree* st) {
  top_id = stats_tree_create_node(st, top, 0, STAT_DT_INT, true);
  stats_tree_create_range_node(st, sizes, 0, "0-0", "1-125", "126-1023", "1024-16383", "16384-65535", "65536-1048575",
                               "1048576-", nullptr);
}

/// A size that nobody knows is counted, and takes no part in the averages.
void note(stats_tree* st, const MessageRecord& message) {
  const std::string type(websocket::message_type_name(message.type));
  const char* direction = arrow(message.sender).data();
  if (!message.length_known) {
    tick_stat_node(st, top, 0, true);
    const int of_direction = tick_stat_node(st, direction, top_id, true);
    tick_stat_node(st, unknown_size, tick_stat_node(st, type.c_str(), of_direction, true), false);
    return;
  }
  const int size = stats_value(message.length);
  avg_stat_node_add_value_int(st, top, 0, true, size);
  const int of_direction = avg_stat_node_add_value_int(st, direction, top_id, true, size);
  avg_stat_node_add_value_int(st, type.c_str(), of_direction, true, size);
  if (!websocket::is_data(message.type)) return;
  avg_stat_node_add_value_int(st, sizes, 0, true, size);
  stats_tree_tick_range(st, sizes, 0, size);
}

tap_packet_status messages_known(stats_tree* st, packet_info*, epan_dissect_t*, const void* tap_data, tap_flags_t) {
  for_each_message(packet_of(tap_data), [&](const MessageRecord& message) { note(st, message); });
  return TAP_PACKET_REDRAW;
}

}  // namespace

void register_message_tree() {
  stats_tree_register_plugin(message_tap_name, abbreviation, WSLENS_STATISTICS_MENU "Messages", 0, messages_known,
                             begin, nullptr);
}

}  // namespace wslens
