// SPDX-License-Identifier: GPL-2.0-or-later
#include "session.h"

#include <algorithm>

#include "close_code.h"

namespace websocket {

std::string_view session_state_name(SessionState state) {
  static constexpr std::array<std::string_view, 6> names{"opening", "open", "closing", "closed", "failed", "unknown"};
  return names[static_cast<std::size_t>(state)];
}

std::string_view role_name(Role role) { return role == Role::client ? "client" : "server"; }

std::string_view direction_name(Role sender) {
  return sender == Role::client ? "client-to-server" : "server-to-client";
}

void Session::note_bytes(const Moment& moment) {
  if (last_bytes.happened() && moment.packet <= last_bytes.packet) return;  // known late
  const Moment& before = last_bytes.happened() ? last_bytes : response_done;
  if (before.happened()) longest_silence = std::max(longest_silence, moment.time - before.time);
  last_bytes = moment;
}

namespace {

RuleBroken& entry_of(std::vector<RuleBroken>& rules, Rule rule, Role by, PacketIndex packet) {
  auto same = [&](const RuleBroken& broken) { return broken.rule == rule && broken.by == by; };
  auto found = std::find_if(rules.begin(), rules.end(), same);
  if (found == rules.end()) found = rules.insert(rules.end(), RuleBroken{rule, by, 0, packet});
  return *found;
}

void count(RuleBroken& broken, PacketIndex packet) {
  ++broken.count;
  PacketIndex last = broken.first_packet;
  for (PacketIndex& more : broken.more_packets) {
    if (last == packet) return;
    if (more == no_packet) more = packet;
    last = more;
  }
}

}  // namespace

void Session::break_rules(const ViolationSet& violations, Role by, PacketIndex packet) {
  if (violations.empty()) return;
  for (const RuleInfo& info : rule_table())
    if (violations.has(info.rule)) count(entry_of(rules, info.rule, by, packet), packet);
}

void Session::break_rule(Rule rule, Role by, PacketIndex packet) {
  RuleBroken& broken = entry_of(rules, rule, by, packet);
  broken.of_session = true;
  count(broken, packet);
}

void Session::note_fault(const RuleInfo& info, Role by, const Moment& moment) {
  Fault& fault = end(by).fault;
  if (fault.reaction.happened() || !moment.happened() || end(other(by)).close.moment.happened()) return;
  if (fault.happened() && (rule_info(fault.rule).fatal || !info.fatal)) return;
  fault.rule = info.rule;
  fault.moment = moment;
  fault.sent_before = end(by).frame_bytes;
  fault.peer_frames = end(other(by)).frames;
}

void Session::blame(const ViolationSet& violations, Role by, const Moment& moment) {
  if (violations.empty()) return;
  break_rules(violations, by, moment.packet);
  for (const RuleInfo& info : rule_table())
    if (violations.has(info.rule) && info.severity == Severity::error) note_fault(info, by, moment);
}

void Session::note_reaction(Role by, const Moment& moment) {
  Fault& fault = end(other(by)).fault;
  if (!fault.happened() || fault.reaction.happened() || moment.packet <= fault.moment.packet) return;
  fault.reaction = moment;
  fault.sent_meanwhile = end(other(by)).frame_bytes - fault.sent_before;
  const std::uint32_t closes = end(by).close.moment.packet == moment.packet ? 1 : 0;
  fault.frames_meanwhile = end(by).frames - fault.peer_frames - closes;
}

void Session::note(Finding finding, Role in, std::uint64_t amount, PacketIndex packet) {
  auto same = [&](const FindingMet& met) { return met.finding == finding && met.in == in; };
  auto found = std::find_if(findings.begin(), findings.end(), same);
  if (found == findings.end()) found = findings.insert(findings.end(), FindingMet{finding, in, 0, 0, packet});
  const bool least = finding == Finding::resynchronised && found->count != 0;
  found->amount = least ? std::min(found->amount, amount) : found->amount + amount;
  ++found->count;
}

bool answer_is_fatal(const Session& session) {
  if (!session.switched() || session.response.violations.empty()) return false;
  const auto is_broken = [&](const RuleInfo& info) {
    return info.phase == Phase::response && info.fatal && session.response.violations.has(info.rule);
  };
  return std::any_of(rule_table().begin(), rule_table().end(), is_broken);
}

bool answer_unusable(const Session& session) {
  const EndOfSession& client = session.end(Role::client);
  return answer_is_fatal(session) && client.frames == 0 && client.complete();
}

SessionState session_state(const Session& session) {
  const bool a_fin = session.end(Role::client).fin.happened() || session.end(Role::server).fin.happened();
  const bool over = session.rst.happened() || a_fin;
  switch (session.outcome) {
    case Outcome::waiting:
      return over ? SessionState::failed : SessionState::opening;
    case Outcome::refused:
    case Outcome::not_http:
      return SessionState::failed;
    case Outcome::not_captured:
      return SessionState::unknown;
    case Outcome::switched:
      break;
  }
  if (answer_unusable(session) && over) return SessionState::failed;
  if (session.tcp_ended()) return SessionState::closed;
  if (a_fin || session.first_close) return SessionState::closing;
  return SessionState::open;
}

bool gave_up_on_peer(const Session& session, Role role) {
  const EndOfSession& end = session.end(role);
  if (!end.ended_before_peers_close) return false;
  if (session.rst.happened() && session.rst_by == role) return true;
  return end.close.code && fails_connection(*end.close.code);
}

std::optional<bool> closed_cleanly(const Session& session) {
  const EndOfSession& client = session.end(Role::client);
  const EndOfSession& server = session.end(Role::server);
  if (session_state(session) == SessionState::failed) return false;
  if (!session.switched()) return std::nullopt;
  if (client.close.moment.happened() && server.close.moment.happened()) {
    if (gave_up_on_peer(session, Role::client) || gave_up_on_peer(session, Role::server)) return false;
    if (session_state(session) == SessionState::closed) return true;
    return std::nullopt;
  }
  // A Close that was lost, or hides behind a gap, may have been there.
  if (!session.complete()) return std::nullopt;
  if (session.rst.happened() || session.tcp_ended()) return false;
  return std::nullopt;
}

std::optional<Nanoseconds> close_echo(const Session& session) {
  if (!session.first_close) return std::nullopt;
  const Moment& first = session.end(*session.first_close).close.moment;
  const Moment& answer = session.end(other(*session.first_close)).close.moment;
  if (!answer.happened() || answer.time < first.time) return std::nullopt;
  return answer.time - first.time;
}

std::optional<std::uint16_t> api_code(const Session& session, Role role) {
  const EndOfSession& peer = session.end(other(role));
  const SessionState state = session_state(session);
  if (state == SessionState::failed) return role == Role::client ? std::optional<std::uint16_t>(1006) : std::nullopt;
  if (!session.switched()) return std::nullopt;
  if (gave_up_on_peer(session, role)) return 1006;
  if (session.end(role).ended_before_peers_close && peer.close.moment.happened()) return std::nullopt;
  if (peer.close.moment.happened() && !peer.close.body_known) return std::nullopt;
  if (peer.close.moment.happened()) return peer.close.code.value_or(1005);
  if (state != SessionState::closed || !peer.complete()) return std::nullopt;
  return 1006;
}

}  // namespace websocket
