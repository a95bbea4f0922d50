// SPDX-License-Identifier: GPL-2.0-or-later
#include "stats_close.h"

#include <epan/stats_tree.h>

#include <map>
#include <set>
#include <string>

#include "annotate.h"
#include "close_code.h"
#include "close_payload.h"
#include "compat.h"
#include "stats_value.h"
#include "taps.h"
#include "utf8.h"

namespace wslens {
namespace {

/// tshark takes the first registered name that begins the argument of -z, so it must not begin with "wslens".
constexpr const char* abbreviation = "websocket_close";
constexpr const char* top = "Close frames";
constexpr std::size_t longest_reason = 80;
int top_id = 0;

/// Reasons so far, by sender and code. Several windows may be open.
using Reasons = std::map<std::string, std::set<std::string>>;
std::map<const stats_tree*, Reasons> trees;

std::string code_in_words(const MessageRecord& message, const websocket::ClosePayload& close) {
  if (message.lost != 0) return "not captured";
  if (close.code) return std::to_string(*close.code) + " " + std::string(websocket::close_code_info(*close.code).name);
  return message.length == 0 ? "no code (reported as 1005)" : "a body of one byte";
}

std::string reason_in_words(websocket::Bytes reason) {
  return '"' + websocket::printable_text(reason, longest_reason) + '"';
}

void note(stats_tree* st, const MessageRecord& message, websocket::Bytes body) {
  const websocket::ClosePayload close =
      message.lost == 0 ? websocket::decode_close_payload(body) : websocket::ClosePayload{};
  const std::string sender = "from the " + std::string(websocket::role_name(message.sender));
  const std::string code = code_in_words(message, close);
  tick_stat_node(st, top, 0, true);
  const int of_sender = tick_stat_node(st, sender.c_str(), top_id, true);
  const int of_code = tick_stat_node(st, code.c_str(), of_sender, true);
  if (!close.code || close.reason.empty()) return;
  const std::string row = capped_row(trees[st][sender + code], reason_in_words(close.reason), "other reasons");
  tick_stat_node(st, row.c_str(), of_code, false);
}

void begin(stats_tree* st) {
  trees[st] = {};
  top_id = stats_tree_create_node(st, top, 0, STAT_DT_INT, true);
}

void end(stats_tree* st) { trees.erase(st); }

tap_packet_status messages_known(stats_tree* st, packet_info* pinfo, epan_dissect_t*, const void* tap_data,
                                 tap_flags_t) {
  tap_packet_status status = TAP_PACKET_DONT_REDRAW;
  for_each_message(packet_of(tap_data), [&](const MessageRecord& message) {
    if (message.type != websocket::MessageType::close) return;
    note(st, message, bytes_of_message(pinfo, message));
    status = TAP_PACKET_REDRAW;
  });
  return status;
}

}  // namespace

void register_close_tree() {
  stats_tree_register_plugin(message_tap_name, abbreviation, WSLENS_STATISTICS_MENU "Close Codes", 0, messages_known,
                             begin, end);
}

}  // namespace wslens
