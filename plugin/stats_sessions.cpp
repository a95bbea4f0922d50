// SPDX-License-Identifier: GPL-2.0-or-later
#include "stats_sessions.h"

#include <map>
#include <string>
#include <vector>

#include "compat.h"
#include "latency.h"
#include "session_store.h"
#include "taps.h"
#include "utf8.h"

#include <epan/stat_tap_ui.h>
#include <epan/tap.h>

// Nothing of epan that is called here throws, so owners are safe.
namespace wslens {
namespace {

using websocket::Mark;
using websocket::Role;
using websocket::Session;

/// tshark takes the first registered name that begins the argument of -z, so it must not begin with "wslens".
constexpr const char* abbreviation = "websocket_sessions";
constexpr const char* table_name = "WebSocket Sessions";

enum Column : unsigned {
  number,
  url,
  state,
  ending,
  packets,
  from_client,
  from_server,
  bytes,
  ratio,
  pings,
  round_trip,
  duration,
  verdict,
  columns
};

/// A window shows the first five without scrolling; the verdict is too long to stand among them.
stat_tap_table_item titles[columns] = {
    {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Session", "%8u"},
    {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "URL", "%s"},
    {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "State", "%s"},
    {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "How it ended", "%s"},
    {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Packets", "%8u"},
    {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "From client", "%u"},
    {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "From server", "%u"},
    {TABLE_ITEM_STRING, TAP_ALIGN_RIGHT, "Bytes", "%s"},
    {TABLE_ITEM_STRING, TAP_ALIGN_RIGHT, "Compressed to", "%s"},
    {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Pings", "%u"},
    {TABLE_ITEM_STRING, TAP_ALIGN_RIGHT, "Mean round trip", "%s"},
    {TABLE_ITEM_STRING, TAP_ALIGN_RIGHT, "Duration", "%s"},
    {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Verdict", "%s"},
};

/// What is known of a table. Several windows may be open.
struct Rows {
  std::map<SessionIndex, unsigned> of;                  ///< each session that has a packet which the filter selects
  std::vector<stat_tap_table_item_type*> removed = {};  ///< the window may point at them until new ones come
};
std::map<const stat_tap_table*, Rows> tables;

void set_number(stat_tap_table* table, unsigned row, Column column, std::uint32_t value) {
  stat_tap_table_item_type item = *stat_tap_get_field_data(table, row, column);
  item.value.uint_value = value;
  stat_tap_set_field_data(table, row, column, &item);
}

void set_text(stat_tap_table* table, unsigned row, Column column, const std::string& value) {
  stat_tap_table_item_type item = *stat_tap_get_field_data(table, row, column);
  g_free(const_cast<char*>(item.value.string_value));
  item.value.string_value = g_strdup(value.c_str());
  stat_tap_set_field_data(table, row, column, &item);
}

std::string bytes_in_words(const Session& session) {
  const auto& client = session.end(Role::client);
  const auto& server = session.end(Role::server);
  return client.bytes_known && server.bytes_known ? std::to_string(client.bytes + server.bytes) : "not known";
}

/// "25 %"; nothing was compressed: "".
std::string ratio_in_words(const Session& session) {
  std::uint64_t compressed = 0;
  std::uint64_t inflated = 0;
  for (const Role role : {Role::client, Role::server}) {
    compressed += session.end(role).compression.compressed;
    inflated += session.end(role).compression.inflated;
  }
  return inflated == 0 ? "" : std::to_string(compressed * 100 / inflated) + " %";
}

std::string mean_round_trip(const Session& session) {
  websocket::Nanoseconds sum = 0;
  std::int64_t count = 0;
  for (const Role role : {Role::client, Role::server}) {
    const auto& times = session.end(role).pings.round_trips;
    if (times.count() == 0) continue;
    sum += times.mean() * static_cast<std::int64_t>(times.count());
    count += static_cast<std::int64_t>(times.count());
  }
  return count == 0 ? "" : websocket::duration_in_words(sum / count);
}

void fill(stat_tap_table* table, unsigned row, const SessionEntry& entry) {
  const Session& session = entry.session;
  const auto& client = session.end(Role::client);
  const auto& server = session.end(Role::server);
  set_text(table, row, url, websocket::printable_text(websocket::as_bytes(entry.url), 100));
  set_text(table, row, state, std::string(websocket::session_state_name(websocket::session_state(session))));
  set_text(table, row, ending, websocket::ending_in_short(session));
  set_number(table, row, from_client, client.messages);
  set_number(table, row, from_server, server.messages);
  set_text(table, row, bytes, bytes_in_words(session));
  set_text(table, row, ratio, ratio_in_words(session));
  set_number(table, row, pings, client.pings.sent + server.pings.sent);
  set_text(table, row, round_trip, mean_round_trip(session));
  set_text(table, row, duration, websocket::duration_in_words(session.last.time - session.first.time));
  set_text(table, row, verdict, websocket::verdict(session, *store()));
}

void add_row(stat_tap_table* table, unsigned row, SessionIndex session) {
  for (stat_tap_table_item_type* removed : tables[table].removed) g_free(removed);
  tables[table].removed.clear();
  stat_tap_table_item_type items[columns] = {};
  for (unsigned i = 0; i < columns; ++i) items[i].type = titles[i].type;
  items[number].value.uint_value = session;
  stat_tap_init_table_row(table, row, columns, items);
}

/// On a later pass a session is known to its end, so its row is filled once. On the first it is filled when something
/// happens that is more than one more message.
bool changes_row(const PacketRecord& packet, bool added) {
  if (added) return true;
  if (store()->flushed()) return false;
  for (const Mark mark : {Mark::request, Mark::response, Mark::closing, Mark::fin, Mark::rst, Mark::last_ack})
    if (packet.has(mark)) return true;
  return false;
}

tap_packet_status packet_seen(void* data, packet_info*, epan_dissect_t*, const void* tap_data, tap_flags_t) {
  auto* ui = static_cast<stat_data_t*>(data)->stat_tap_data;
  auto* table = g_array_index(ui->tables, stat_tap_table*, 0);
  const PacketRecord& packet = store()->packet(packet_of(tap_data));
  if (packet.session == none) return TAP_PACKET_DONT_REDRAW;
  const auto [known, added] = tables[table].of.try_emplace(packet.session, table->num_elements);
  const unsigned row = known->second;
  if (added) add_row(table, row, packet.session);
  set_number(table, row, packets, stat_tap_get_field_data(table, row, packets)->value.uint_value + 1);
  if (changes_row(packet, added)) fill(table, row, store()->session(packet.session));
  return TAP_PACKET_REDRAW;
}

void free_item(stat_tap_table*, guint, guint, stat_tap_table_item_type* item) {
  if (item->type == TABLE_ITEM_STRING) g_free(const_cast<char*>(item->value.string_value));
  *item = {};
}

/// The packets are read once more, perhaps with another filter, so other sessions may get rows.
void remove_rows(stat_tap_table* table) {
  for (unsigned row = 0; row < table->num_elements; ++row) {
    for (unsigned column = 0; column < columns; ++column) free_item(table, row, column, &table->elements[row][column]);
    tables[table].removed.push_back(table->elements[row]);
  }
  table->num_elements = 0;
  tables[table].of.clear();
}

/// Called again for a window that has its table already.
void make_table(stat_tap_table_ui* ui) {
  if (stat_tap_table* table = stat_tap_find_table(ui, table_name)) return remove_rows(table);
  stat_tap_table* table = stat_tap_init_table(table_name, columns, 0, nullptr);
  tables[table].of.clear();
  stat_tap_add_table(ui, table);
}

tap_param filter = {PARAM_FILTER, "filter", "Filter", nullptr, true};

}  // namespace

void register_session_table() {
  static stat_tap_table_ui ui{};
  ui.group = REGISTER_PACKET_STAT_GROUP_UNSORTED;
  ui.title = table_name;
  ui.tap_name = packet_tap_name;
  ui.cli_string = abbreviation;
  ui.stat_tap_init_cb = make_table;
  ui.packet_func = packet_seen;
  ui.stat_tap_reset_table_cb = remove_rows;
  ui.stat_tap_free_table_item_cb = free_item;
  ui.nfields = columns;
  ui.fields = titles;
  ui.nparams = 1;
  ui.params = &filter;
  register_stat_tap_table_ui(&ui);
}

}  // namespace wslens
