// SPDX-License-Identifier: GPL-2.0-or-later
#include "stats_conformance.h"

#include <epan/stats_tree.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "compat.h"
#include "endpoint.h"
#include "session_store.h"
#include "stats_value.h"
#include "taps.h"

// Nothing of epan that is called here throws, so owners are safe.
namespace wslens {
namespace {

using websocket::Role;
using websocket::RuleBroken;

/// tshark takes the first registered name that begins the argument of -z, so it must not begin with "wslens".
constexpr const char* abbreviation = "websocket_conformance";
constexpr const char* top = "Endpoints, broken rules, times";

/// The names of a row and of those above it.
using Path = std::vector<std::string>;
constexpr std::size_t depth_of_leaf = 4;

struct Row {
  Path path;
  std::uint64_t count = 0;
  std::string_view rule = {};  ///< id; empty: an endpoint
  bool operator==(const Row&) const = default;
};

struct Tree {
  PacketIndex last_packet = 0;
  std::map<SessionIndex, std::vector<Row>> rows;
  std::map<Path, std::uint64_t> totals;
  std::map<Path, std::size_t> leaves;  ///< of each rule
};

/// Several windows may be open.
std::map<const stats_tree*, Tree> trees;

Row row_of(const Path& endpoint, const SessionEntry& entry, const RuleBroken& broken) {
  const websocket::RuleInfo& info = websocket::rule_info(broken.rule);
  const std::string id(info.id);
  Row row{endpoint, broken.count, info.id};
  row.path.push_back(std::string(websocket::severity_name(info.severity)) + ' ' + id);
  row.path.push_back("packet " + std::to_string(store()->number_of(broken.first_packet)) + ": wslens.rule == \"" + id +
                     "\" && wslens.session == " + std::to_string(entry.session.number));
  return row;
}

/// Of a session under way the codec may yet say otherwise about the whole.
std::vector<RuleBroken> rules_so_far(const websocket::Session& session, bool all_known) {
  return all_known || session.tcp_ended() ? store()->rules_of(session) : session.rules;
}

/// An end's name is known when the answer is there. Who broke no rule has a row, too.
std::vector<Row> rows_of(const SessionEntry& entry, bool all_known) {
  std::vector<Row> rows;
  const auto rules = rules_so_far(entry.session, all_known);
  const bool named = entry.session.outcome != websocket::Outcome::waiting;
  for (const Role role : {Role::client, Role::server}) {
    const Path endpoint{
        top, endpoint_in_words(role, websocket::name_of(entry.session, role), address_of_endpoint(entry, role))};
    if (named) rows.push_back({endpoint, 0, {}});
    for (const RuleBroken& broken : rules)
      if (broken.by == role) rows.push_back(row_of(endpoint, entry, broken));
  }
  return rows;
}

/// A stats_tree looks through all rows beside a new one: beyond some, the rest of a rule's sessions share one.
void share_row_beyond_cap(Tree& tree, Row& row) {
  constexpr std::size_t most_leaves = 100;
  if (row.rule.empty() || tree.totals.count(row.path) != 0) return;
  std::size_t& leaves = tree.leaves[Path(row.path.begin(), row.path.end() - 1)];
  if (leaves < most_leaves)
    ++leaves;
  else
    row.path.back() = "and more sessions: wslens.rule == \"" + std::string(row.rule) + "\"";
}

/// Calls `visit` for the row's path and for each one above it.
template <typename Visit>
void for_each_level(const Row& row, Visit visit) {
  for (auto end = row.path.begin(); end != row.path.end();) visit(Path(row.path.begin(), ++end));
}

void set_counts(stats_tree* st, const Tree& tree, const std::set<Path>& paths) {
  std::map<Path, int> ids;
  for (const Path& path : paths) {  // one comes behind those above it
    const int parent = path.size() == 1 ? 0 : ids.at(Path(path.begin(), path.end() - 1));
    ids[path] = stats_tree_manip_node_int(MN_SET, st, path.back().c_str(), parent, path.size() < depth_of_leaf,
                                          stats_value(tree.totals.at(path)));
  }
}

/// False: nothing has changed.
bool show(stats_tree* st, Tree& tree, SessionIndex session, bool all_known) {
  std::vector<Row>& shown = tree.rows[session];
  std::vector<Row> rows = rows_of(store()->session(session), all_known);
  for (Row& row : rows) share_row_beyond_cap(tree, row);
  if (rows == shown) return false;
  std::set<Path> changed;
  for (const Row& row : shown)
    for_each_level(row, [&](Path path) {
      tree.totals[path] -= row.count;
      changed.insert(std::move(path));
    });
  for (const Row& row : rows)
    for_each_level(row, [&](Path path) {
      tree.totals[path] += row.count;
      changed.insert(std::move(path));
    });
  shown = std::move(rows);
  set_counts(st, tree, changed);
  return true;
}

void begin(stats_tree* st) {
  trees[st] = {};
  stats_tree_create_node(st, top, 0, STAT_DT_INT, true);
}

void end(stats_tree* st) { trees.erase(st); }

tap_packet_status note_packet(stats_tree* st, packet_info*, epan_dissect_t*, const void* tap_data, tap_flags_t) {
  Tree& tree = trees[st];
  const PacketIndex packet = packet_of(tap_data);
  if (packet <= tree.last_packet && !tree.rows.empty())
    tree = {};  // they are read once more, and all counts were set to 0
  tree.last_packet = packet;
  const SessionIndex session = store()->packet(packet).session;
  return session != none && show(st, tree, session, store()->flushed()) ? TAP_PACKET_REDRAW : TAP_PACKET_DONT_REDRAW;
}

}  // namespace

void register_conformance_tree() {
  constexpr unsigned sorted_by_name = ST_SORT_COL_NAME << ST_FLG_SRTCOL_SHIFT;  // errors first
  stats_tree_register_plugin(packet_tap_name, abbreviation, WSLENS_STATISTICS_MENU "Conformance", sorted_by_name,
                             note_packet, begin, end);
}

}  // namespace wslens
