// SPDX-License-Identifier: GPL-2.0-or-later
#include "conformance.h"

#include <algorithm>

namespace websocket {
namespace {

bool is_duty_of(Role role, Duty duty) {
  switch (duty) {
    case Duty::client:
      return role == Role::client;
    case Duty::server:
      return role == Role::server;
    case Duty::sender:
    case Duty::receiver:
      break;
  }
  return true;
}

bool has_request(const Session& session) {
  return !session.late_start && session.request_done.happened() && !session.request.cut;
}

bool has_response(const Session& session) {
  const bool answered = session.outcome == Outcome::switched || session.outcome == Outcome::refused;
  return !session.late_start && answered && !session.response.cut;
}

/// A Pong that answers no Ping is counted with the Pings of the other end.
bool has_pings(const Session& session) {
  return std::any_of(session.ends.begin(), session.ends.end(),
                     [](const EndOfSession& end) { return end.pings.sent != 0 || end.pings.unsolicited_pongs != 0; });
}

/// As session_rules() judges it.
bool has_closing(const Session& session) {
  if (!session.switched() || session.late_start || session.bytes_awaited || answer_unusable(session)) return false;
  return session.complete() && (session.first_close || session.tcp_ended());
}

bool has(const Session& session, Role role, const RuleInfo& info) {
  const EndOfSession& sender = session.end(info.duty == Duty::receiver ? other(role) : role);
  switch (info.phase) {
    case Phase::request:
      return has_request(session);
    case Phase::response:
      return has_response(session);
    case Phase::frame:
      return sender.frames != 0;
    case Phase::message:
      return sender.messages != 0;
    case Phase::compression:
      return sender.compression.messages != 0;
    case Phase::ping:
      return has_pings(session);
    case Phase::closing:
      return has_closing(session);
  }
  return false;
}

void add_examples(std::vector<PacketIndex>& examples, const RuleBroken& broken) {
  for (const PacketIndex packet : {broken.first_packet, broken.more_packets[0], broken.more_packets[1]}) {
    if (packet == no_packet || examples.size() == RuleOfEndpoint::most_examples) continue;
    if (std::find(examples.begin(), examples.end(), packet) == examples.end()) examples.push_back(packet);
  }
}

bool says_more(const Reaction& reaction, const std::optional<Reaction>& than) {
  return !than || (than->kind == ReactionKind::none && reaction.kind != ReactionKind::none);
}

bool is_worse(const RuleOfEndpoint& a, const RuleOfEndpoint& b) {
  return rule_info(a.rule).severity > rule_info(b.rule).severity;
}

}  // namespace

ViolationSet rules_checked(const Session& session, Role role) {
  ViolationSet checked;
  for (const RuleInfo& info : rule_table())
    if (is_duty_of(role, info.duty) && has(session, role, info)) checked.add(info.rule);
  return checked;
}

std::size_t size_of(const ViolationSet& set) {
  const auto rules = rule_table();
  return static_cast<std::size_t>(
      std::count_if(rules.begin(), rules.end(), [&](const RuleInfo& info) { return set.has(info.rule); }));
}

std::size_t Endpoint::broken_rules(Severity severity) const {
  return static_cast<std::size_t>(std::count_if(broken.begin(), broken.end(), [severity](const RuleOfEndpoint& each) {
    return rule_info(each.rule).severity == severity;
  }));
}

std::string name_of(const Session& session, Role role) {
  const std::string& name = role == Role::client ? session.request.user_agent : session.response.server;
  return name.empty() ? std::string(Endpoint::unnamed) : name;
}

void Conformance::add(const Session& session, Role role, std::string_view address,
                      const std::vector<RuleBroken>& rules) {
  Sum& sum = sums_[{name_of(session, role), role, std::string(address)}];
  ++sum.sessions;
  sum.checked.add(rules_checked(session, role));
  for (const RuleBroken& broken : rules)
    if (broken.by == role) add(sum, session, broken);
}

void Conformance::add(Sum& sum, const Session& session, const RuleBroken& broken) {
  sum.checked.add(broken.rule);
  RuleOfEndpoint& all = sum.broken[broken.rule];
  all.rule = broken.rule;
  all.count += broken.count;
  if (all.sessions.empty() || all.sessions.back() != session.number) all.sessions.push_back(session.number);
  add_examples(all.examples, broken);
  const auto reaction = reaction_to(session, broken.by);
  if (reaction && reaction->rule == broken.rule && says_more(*reaction, all.reaction)) all.reaction = reaction;
}

std::vector<Endpoint> Conformance::endpoints() const {
  std::vector<Endpoint> all;
  for (const auto& [key, sum] : sums_) {
    const auto& [name, role, address] = key;
    Endpoint endpoint{role, name, address, sum.sessions, sum.checked, {}};
    for (const auto& [rule, broken] : sum.broken) endpoint.broken.push_back(broken);
    std::stable_sort(endpoint.broken.begin(), endpoint.broken.end(), is_worse);
    all.push_back(std::move(endpoint));
  }
  std::stable_partition(all.begin(), all.end(),
                        [](const Endpoint& each) { return each.broken_rules(Severity::error) != 0; });
  return all;
}

}  // namespace websocket
