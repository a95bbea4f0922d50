// SPDX-License-Identifier: GPL-2.0-or-later
#include "neighbours.h"

namespace websocket {
namespace {

constexpr Nanoseconds pause_expected = 1'000'000'000;
constexpr unsigned hurried_at_most = 2;  ///< §7.2.3 speaks of reconnecting again and again, not of a second try

/// When TCP ended; not happened: it has not, so far.
Moment end_of(const Session& session) {
  if (session.rst.happened()) return session.rst;
  const Moment& client = session.end(Role::client).fin;
  const Moment& server = session.end(Role::server).fin;
  return client.time > server.time ? client : server;
}

bool is_connecting(const Session& session) {
  return session.outcome == Outcome::waiting && !end_of(session).happened();
}

/// §7.2.3: "Recovering from Abnormal Closure".
bool ended_abnormally(const Session& session) { return end_of(session).happened() && closed_cleanly(session) == false; }

}  // namespace

ViolationSet Neighbours::judge(const Session& session, std::string_view client, std::string_view server) {
  ViolationSet broken;
  if (session.late_start) return broken;
  if (comes_again(session)) broken.add(Rule::request_key_reused);
  Earlier& earlier = pairs_[std::string(client).append(" ").append(server)];
  broken.add(compare(session, earlier));
  earlier.last = &session;
  return broken;
}

/// The same key while its first handshake still waits is that handshake, on its way behind a proxy.
bool Neighbours::comes_again(const Session& session) {
  if (session.request.key.empty()) return false;
  const Session*& earlier = keys_[session.request.key];
  const bool again = earlier != nullptr && !is_connecting(*earlier);
  earlier = &session;
  return again;
}

ViolationSet Neighbours::compare(const Session& session, Earlier& earlier) {
  ViolationSet broken;
  if (earlier.last == nullptr) return broken;
  if (is_connecting(*earlier.last)) broken.add(Rule::request_while_connecting);
  const Moment& begins = session.syn.happened() ? session.syn : session.request_begins;
  const bool hurries = ended_abnormally(*earlier.last) && begins.time - end_of(*earlier.last).time < pause_expected;
  earlier.hurried = hurries ? earlier.hurried + 1 : 0;
  if (earlier.hurried > hurried_at_most) broken.add(Rule::reconnect_without_delay);
  return broken;
}

}  // namespace websocket
