// SPDX-License-Identifier: GPL-2.0-or-later
/// -z wslens,sessions: a table of the sessions, two lines for each.
#include <cstdio>

#include "reports.h"
#include "session_store.h"
#include "terminal.h"
#include "utf8.h"

namespace wslens {
namespace {

using websocket::Role;

void print_row(const SessionEntry& entry) {
  const websocket::Session& s = entry.session;
  const std::string url = websocket::printable_text(websocket::as_bytes(entry.url), 60);
  const std::string state(websocket::session_state_name(websocket::session_state(s)));
  const std::uint64_t bytes = s.end(Role::client).bytes + s.end(Role::server).bytes;
  const double seconds = static_cast<double>(s.last.time - s.first.time) / 1e9;
  std::printf("%7u  %-7s  %8u  %8u  %10llu  %10.3f s  %s\n", s.number, state.c_str(), s.end(Role::client).messages,
              s.end(Role::server).messages, static_cast<unsigned long long>(bytes), seconds, url.c_str());
  const std::string ends = entry.address(Role::client) + " <-> " + entry.address(Role::server) + "  ";
  std::printf("         ");
  print_wrapped(ends + websocket::verdict(s, *store()), 9, 9);
}

void print(const std::vector<SessionIndex>& sessions) {
  if (sessions.empty()) {
    std::printf("WebSocket Lens: no WebSocket session to show.\n");
    return;
  }
  std::printf("Session  State    Messages sent by       Bytes    Duration    URL\n");
  std::printf("                    client    server\n");
  for (const SessionIndex index : sessions) print_row(store()->session(index));
}

}  // namespace

void start_sessions(const char* filter) { start_session_report("sessions", filter, print); }

}  // namespace wslens
