// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports.h"

#include <wireshark.h>

#include <epan/stat_tap_ui.h>
#include <epan/tap.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <set>
#include <string>
#include <string_view>

#include "compat.h"
#include "feed.h"
#include "session_store.h"
#include "stats_close.h"
#include "stats_compression.h"
#include "stats_conformance.h"
#include "stats_messages.h"
#include "stats_pings.h"
#include "stats_sessions.h"
#include "taps.h"

namespace wslens {
namespace {

struct Report {
  const char* name;
  const char* option;  ///< as `tshark -z help` lists it
  void (*start)(const char* filter);
};

constexpr Report reports[] = {
    {"story", "wslens,story", start_story},
    {"sessions", "wslens,sessions", start_sessions},
    {"sessions-json", "wslens,sessions-json", start_sessions_json},
    {"messages-json", "wslens,messages-json", start_messages_json},
    {"har", "wslens,har", start_har},
    {"conformance", "wslens,conformance", start_conformance},
    {"conformance-json", "wslens,conformance-json", start_conformance_json},
};

constexpr std::string_view prefix = "wslens";

[[noreturn]] void refuse(std::string_view asked) {
  std::string names;
  for (const Report& report : reports) names += (names.empty() ? "" : ", ") + std::string("wslens,") + report.name;
  std::fprintf(stderr, "%s: \"-z %.*s\" is not possible. Possible are: %s; each may be followed by ,FILTER\n",
               g_get_prgname(), static_cast<int>(asked.size()), asked.data(), names.c_str());
  std::exit(1);
}

/// Everything behind the second comma is the display filter, commas included.
void start_report(const char* argument) {
  const std::string_view asked = argument == nullptr ? "" : argument;
  std::string_view rest = asked.substr(std::min(prefix.size(), asked.size()));
  if (rest.empty() || rest[0] != ',') refuse(asked);
  rest.remove_prefix(1);
  const std::size_t comma = rest.find(',');
  const std::string_view name = rest.substr(0, comma);
  const bool has_filter = comma != std::string_view::npos && comma + 1 < rest.size();
  const char* filter = has_filter ? rest.data() + comma + 1 : nullptr;
  for (const Report& report : reports)
    if (name == report.name) return report.start(filter);
  refuse(asked);
}

WSLENS_STAT_RESULT start_from_command_line(const char* argument, void*) {
  start_report(argument);
  WSLENS_STAT_DONE;
}

void register_option(const char* title, const char* option) {
  // Wireshark keeps the pointer.
  auto* ui = new stat_tap_ui{};
  ui->group = REGISTER_STAT_GROUP_GENERIC;
  ui->title = title;
  ui->cli_string = option;
  ui->tap_init_cb = start_from_command_line;
  register_stat_tap_ui(ui, nullptr);
}

struct SessionReport {
  bool filtered = false;
  std::vector<PacketIndex> matching;  ///< only when filtered
  std::set<SessionIndex> sessions;    ///< of those packets, where it was known at once
  PrintSessions print = nullptr;
};

std::vector<SessionIndex> selected_sessions(const SessionReport& report) {
  std::vector<bool> selected(store()->session_count(), !report.filtered);
  for (const SessionIndex session : report.sessions) selected[session] = true;
  for (const PacketIndex packet : report.matching) {
    if (!store()->has_packet(packet)) continue;
    const SessionIndex session = store()->packet(packet).session;
    if (session != none) selected[session] = true;
  }
  std::vector<SessionIndex> sessions;
  for (SessionIndex i = 0; i < selected.size(); ++i)
    if (selected[i]) sessions.push_back(i);
  return sessions;
}

void forget_matches(void* data) {
  static_cast<SessionReport*>(data)->matching.clear();
  static_cast<SessionReport*>(data)->sessions.clear();
}

/// A leaf without epan calls. The packets of the TCP handshake get their session later.
void note(SessionReport& report, PacketIndex packet) {
  const SessionIndex session = store()->packet(packet).session;
  if (session == none)
    report.matching.push_back(packet);
  else
    report.sessions.insert(session);
}

tap_packet_status note_match(void* data, packet_info*, epan_dissect_t*, const void* tap_data, tap_flags_t) {
  auto* report = static_cast<SessionReport*>(data);
  if (report->filtered) note(*report, packet_of(tap_data));
  return TAP_PACKET_DONT_REDRAW;
}

void print_report(void* data) {
  const auto* report = static_cast<SessionReport*>(data);
  if (store() == nullptr) return report->print({});
  finish_feed();
  report->print(selected_sessions(*report));
  std::fflush(stdout);
  say_what_is_missing();
}

}  // namespace

void say_what_is_missing() {
  static std::uint64_t said = 0;  // several reports may end together
  const std::uint64_t missing = store()->sessions_not_followed();
  if (missing == said) return;
  said = missing;
  std::fprintf(stderr,
               "%s: WebSocket Lens: %" PRIu64
               " WebSockets more are not followed: the preference "
               "wslens.sessions is %zu\n",
               g_get_prgname(), missing, store()->limits().sessions);
}

/// tshark takes the first registered name that begins the argument, in alphabetical order: "wslens" catches all, right
/// or wrong.
void register_reports() {
  register_option("WebSocket Lens", prefix.data());
  for (const Report& report : reports) register_option("WebSocket Lens", report.option);
  register_conformance_tree();
  register_message_tree();
  register_close_tree();
  register_compression_tree();
  register_ping_tree();
  register_session_table();
}

void check_filter(const char* report, const char* filter, const char* error) {
  if (error == nullptr) return;
  std::fprintf(stderr, "%s: -z wslens,%s: \"%s\" is not a valid display filter: %s\n", g_get_prgname(), report,
               filter == nullptr ? "" : filter, error);
  std::exit(1);
}

void start_session_report(const char* name, const char* filter, PrintSessions print) {
  static std::deque<SessionReport> running;  // listeners live as long as the program
  SessionReport& report = running.emplace_back();
  report.filtered = filter != nullptr;
  report.print = print;
  const GString* error = register_tap_listener(packet_tap_name, &report, filter, TL_REQUIRES_NOTHING, forget_matches,
                                               note_match, print_report, nullptr);
  check_filter(name, filter, error == nullptr ? nullptr : error->str);
}

}  // namespace wslens
