// SPDX-License-Identifier: GPL-2.0-or-later
#include "conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "session_rules.h"
#include "support/wire.h"

namespace websocket {
namespace {

using test::Tcp;
using ::testing::ElementsAre;

constexpr Moment moment{7, 700};

// ---- rules_checked

std::set<std::string> ids(const ViolationSet& set) {
  std::set<std::string> names;
  for (const RuleInfo& info : rule_table())
    if (set.has(info.rule)) names.emplace(info.id);
  return names;
}

std::set<std::string> rules_of_phase(Phase phase, Role role) {
  std::set<std::string> names;
  for (const RuleInfo& info : rule_table()) {
    const bool of_the_other = info.duty == (role == Role::client ? Duty::server : Duty::client);
    if (info.phase == phase && !of_the_other) names.emplace(info.id);
  }
  return names;
}

/// Both ends did it.
Session captured(Phase phase) {
  Session session;
  for (EndOfSession& end : session.ends) {
    if (phase == Phase::frame) end.frames = 1;
    if (phase == Phase::message) end.messages = 1;
    if (phase == Phase::compression) end.compression.messages = 1;
    if (phase == Phase::ping) end.pings.sent = 1;
  }
  if (phase == Phase::request) session.request_done = moment;
  if (phase == Phase::response) session.outcome = Outcome::refused;
  if (phase == Phase::closing) {
    session.outcome = Outcome::switched;
    session.response.cut = true;
    session.first_close = Role::client;
  }
  return session;
}

constexpr Phase phases[] = {Phase::request,     Phase::response, Phase::frame,  Phase::message,
                            Phase::compression, Phase::ping,     Phase::closing};

TEST(RulesChecked, APhaseThatWasCapturedIsCheckedForThoseWhoseDutyItIs) {
  std::size_t rules = 0;
  for (const Phase phase : phases)
    for (const Role role : {Role::client, Role::server}) {
      const ViolationSet checked = rules_checked(captured(phase), role);
      EXPECT_EQ(ids(checked), rules_of_phase(phase, role)) << phase_name(phase) << " " << role_name(role);
      EXPECT_EQ(size_of(checked), rules_of_phase(phase, role).size());
      rules += size_of(checked);
    }
  EXPECT_GE(rules, rule_count);  // each at least once
}

TEST(RulesChecked, NothingCapturedNothingChecked) {
  for (const Role role : {Role::client, Role::server}) EXPECT_EQ(size_of(rules_checked(Session{}, role)), 0U);
}

TEST(RulesChecked, ASenderIsJudgedByWhatItSentAndAReceiverByWhatItGot) {
  Session session;
  session.end(Role::server).messages = 1;
  EXPECT_TRUE(rules_checked(session, Role::server).has(Rule::text_not_utf8));
  EXPECT_FALSE(rules_checked(session, Role::server).has(Rule::fragmentation_refused));
  EXPECT_TRUE(rules_checked(session, Role::client).has(Rule::fragmentation_refused));
  EXPECT_FALSE(rules_checked(session, Role::client).has(Rule::text_not_utf8));
}

TEST(RulesChecked, EachKindOfSendingCountsForItself) {
  Session session;
  session.end(Role::client).frames = 1;
  EXPECT_TRUE(rules_checked(session, Role::client).has(Rule::client_frame_unmasked));
  EXPECT_FALSE(rules_checked(session, Role::client).has(Rule::text_not_utf8));
  EXPECT_FALSE(rules_checked(session, Role::client).has(Rule::compressed_data_malformed));
  EXPECT_FALSE(rules_checked(session, Role::server).has(Rule::server_frame_masked));
}

TEST(RulesChecked, APongThatAnswersNothingIsEnough) {
  Session session;
  session.end(Role::server).pings.unsolicited_pongs = 1;
  for (const Role role : {Role::client, Role::server})
    EXPECT_EQ(ids(rules_checked(session, role)), rules_of_phase(Phase::ping, role));
}

struct Lack {
  const char* what;
  Phase phase;
  std::function<void(Session&)> make;
};

TEST(RulesChecked, WhatIsNotWholeIsNotChecked) {
  const Lack lacks[] = {
      {"request cut", Phase::request, [](Session& s) { s.request.cut = true; }},
      {"late start", Phase::request, [](Session& s) { s.late_start = true; }},
      {"response cut", Phase::response, [](Session& s) { s.response.cut = true; }},
      {"no answer", Phase::response, [](Session& s) { s.outcome = Outcome::waiting; }},
      {"answer not captured", Phase::response, [](Session& s) { s.outcome = Outcome::not_captured; }},
      {"no HTTP", Phase::response, [](Session& s) { s.outcome = Outcome::not_http; }},
      {"late start", Phase::response, [](Session& s) { s.late_start = true; }},
      {"refused", Phase::closing, [](Session& s) { s.outcome = Outcome::refused; }},
      {"late start", Phase::closing, [](Session& s) { s.late_start = true; }},
      {"client's bytes lost", Phase::closing, [](Session& s) { s.end(Role::client).lost = 1; }},
      {"server's bytes lost", Phase::closing, [](Session& s) { s.end(Role::server).unframed = 1; }},
      {"bytes awaited", Phase::closing, [](Session& s) { s.bytes_awaited = true; }},
      {"still open", Phase::closing, [](Session& s) { s.first_close.reset(); }},
      {"an answer of no use", Phase::closing,
       [](Session& s) { s.response.violations.add(Rule::response_accept_wrong); }},
  };
  for (const Lack& lack : lacks) {
    Session session = captured(lack.phase);
    ASSERT_NE(size_of(rules_checked(session, Role::client)) + size_of(rules_checked(session, Role::server)), 0U);
    lack.make(session);
    for (const Role role : {Role::client, Role::server})
      for (const RuleInfo& info : rule_table())
        EXPECT_FALSE(info.phase == lack.phase && rules_checked(session, role).has(info.rule))
            << lack.what << ": " << info.id;
  }
}

TEST(RulesChecked, TheEndOfTcpIsAnEndAsACloseIs) {
  Session session = captured(Phase::closing);
  session.first_close.reset();
  session.rst = moment;
  EXPECT_TRUE(rules_checked(session, Role::client).has(Rule::closing_handshake_skipped));
}

// ---- Conformance

Session session_of(std::uint32_t number, std::string user_agent = "", std::string server = "") {
  Session session;
  session.number = number;
  session.request.user_agent = std::move(user_agent);
  session.response.server = std::move(server);
  return session;
}

RuleBroken broken(Rule rule, Role by, std::uint32_t count, PacketIndex first, PacketIndex second = no_packet,
                  PacketIndex third = no_packet) {
  RuleBroken result{rule, by, count, first};
  result.more_packets = {second, third};
  return result;
}

std::vector<std::string> names(const std::vector<Endpoint>& endpoints) {
  std::vector<std::string> all;
  all.reserve(endpoints.size());
  for (const Endpoint& each : endpoints)
    all.push_back(std::string(role_name(each.role)) + " " + each.name + " " + each.address);
  return all;
}

TEST(Conformance, NoSessionNoEndpoint) { EXPECT_TRUE(Conformance().endpoints().empty()); }

TEST(Conformance, AnEndpointIsARoleANameAndAnAddress) {
  Conformance all;
  all.add(session_of(1, "b", "s"), Role::client, "host", {});
  all.add(session_of(2, "b", "s"), Role::client, "host", {});
  all.add(session_of(3, "a", "s"), Role::client, "host", {});
  all.add(session_of(4, "b", "s"), Role::client, "other", {});
  all.add(session_of(5, "b", "s"), Role::server, "host", {});
  all.add(session_of(6), Role::server, "host", {});
  all.add(session_of(7), Role::client, "host", {});
  EXPECT_THAT(names(all.endpoints()), ElementsAre("client (unnamed) host", "server (unnamed) host", "client a host",
                                                  "client b host", "client b other", "server s host"));
  EXPECT_EQ(all.endpoints()[3].sessions, 2U);
  EXPECT_EQ(all.endpoints()[2].sessions, 1U);
}

TEST(Conformance, ThoseWithErrorsComeFirst) {
  Conformance all;
  all.add(session_of(1, "a"), Role::client, "h", {broken(Rule::masking_key_repeated, Role::client, 1, 5)});
  all.add(session_of(2, "c"), Role::client, "h", {broken(Rule::opcode_reserved, Role::client, 1, 6)});
  all.add(session_of(3, "b"), Role::client, "h", {broken(Rule::opcode_reserved, Role::client, 1, 7)});
  EXPECT_THAT(names(all.endpoints()), ElementsAre("client b h", "client c h", "client a h"));
}

TEST(Conformance, WhatThePeerBrokeIsNotHeldAgainstAnEndpoint) {
  Conformance all;
  const std::vector<RuleBroken> rules = {broken(Rule::opcode_reserved, Role::server, 1, 5),
                                         broken(Rule::text_not_utf8, Role::client, 1, 6)};
  all.add(session_of(1, "c", "s"), Role::client, "h", rules);
  all.add(session_of(1, "c", "s"), Role::server, "h", rules);
  const auto endpoints = all.endpoints();
  ASSERT_EQ(endpoints.size(), 2U);
  for (const Endpoint& each : endpoints) {
    ASSERT_EQ(each.broken.size(), 1U);
    EXPECT_EQ(each.broken[0].rule, each.role == Role::client ? Rule::text_not_utf8 : Rule::opcode_reserved);
  }
}

TEST(Conformance, TheSameRuleIsAddedUpOverSessions) {
  Conformance all;
  all.add(session_of(4), Role::client, "h", {broken(Rule::opcode_reserved, Role::client, 2, 10, 12)});
  all.add(session_of(5), Role::client, "h", {});
  // The codec may tell of a rule twice: once of its frames, once of the whole session.
  all.add(session_of(6), Role::client, "h",
          {broken(Rule::opcode_reserved, Role::client, 1, 12), broken(Rule::opcode_reserved, Role::client, 5, 20, 21)});
  const auto endpoints = all.endpoints();
  ASSERT_EQ(endpoints.size(), 1U);
  EXPECT_EQ(endpoints[0].sessions, 3U);
  ASSERT_EQ(endpoints[0].broken.size(), 1U);
  const RuleOfEndpoint& rule = endpoints[0].broken[0];
  EXPECT_EQ(rule.count, 8U);
  EXPECT_THAT(rule.sessions, ElementsAre(4, 6));
  EXPECT_THAT(rule.examples, ElementsAre(10, 12, 20));
  EXPECT_FALSE(rule.reaction);
}

TEST(Conformance, ErrorsComeFirstThenTheOrderOfTheTable) {
  Conformance all;
  all.add(session_of(1), Role::client, "h",
          {broken(Rule::request_origin_missing, Role::client, 1, 1),
           broken(Rule::masking_key_repeated, Role::client, 1, 2), broken(Rule::opcode_reserved, Role::client, 1, 3),
           broken(Rule::text_not_utf8, Role::client, 1, 4), broken(Rule::rst_after_close, Role::client, 1, 5)});
  const Endpoint endpoint = all.endpoints().at(0);
  std::vector<Rule> order;
  for (const RuleOfEndpoint& each : endpoint.broken) order.push_back(each.rule);
  EXPECT_THAT(order, ElementsAre(Rule::opcode_reserved, Rule::text_not_utf8, Rule::masking_key_repeated,
                                 Rule::rst_after_close, Rule::request_origin_missing));
  EXPECT_EQ(endpoint.broken_rules(Severity::error), 2U);
  EXPECT_EQ(endpoint.broken_rules(Severity::warning), 2U);
  EXPECT_EQ(endpoint.broken_rules(Severity::note), 1U);
}

TEST(Conformance, WhatIsCheckedInAnySessionIsCheckedOnce) {
  Conformance all;
  all.add(captured(Phase::request), Role::client, "h", {});
  all.add(captured(Phase::request), Role::client, "h", {});
  all.add(captured(Phase::frame), Role::client, "h", {});
  EXPECT_EQ(size_of(all.endpoints().at(0).checked),
            rules_of_phase(Phase::request, Role::client).size() + rules_of_phase(Phase::frame, Role::client).size());
}

TEST(Conformance, WhatWasBrokenWasChecked) {
  Conformance all;
  all.add(session_of(1), Role::server, "h", {broken(Rule::handshake_unanswered, Role::server, 1, 4)});
  EXPECT_THAT(ids(all.endpoints().at(0).checked), ElementsAre("handshake-unanswered"));
}

// ---- reactions

/// A WebSocket in which the server sends an opcode that is reserved, and then this happens.
Session after_reserved_opcode(const std::function<void(Tcp&)>& then) {
  Tcp tcp;
  tcp.upgrade();
  tcp.send(Role::server, test::server_frame(static_cast<Opcode>(0x3), "?"));
  then(tcp);
  return test::play(tcp.take()).session();
}

void client_closes_with_1002(Tcp& tcp) {
  tcp.send(Role::client, test::close_frame(Role::client, 1002));
  tcp.send(Role::server, test::close_frame(Role::server, 1002));
  tcp.close(Role::server);
}

RuleOfEndpoint reserved_opcode_of(const std::vector<Session>& sessions) {
  Conformance all;
  for (const Session& session : sessions) all.add(session, Role::server, "h", all_rules(session, std::nullopt));
  for (const Endpoint& endpoint : all.endpoints())
    for (const RuleOfEndpoint& each : endpoint.broken)
      if (each.rule == Rule::opcode_reserved) return each;
  ADD_FAILURE() << "no such rule";
  return {};
}

TEST(ConformanceReaction, OfThePeerToAnError) {
  const RuleOfEndpoint rule = reserved_opcode_of({after_reserved_opcode(client_closes_with_1002)});
  ASSERT_TRUE(rule.reaction);
  EXPECT_EQ(rule.reaction->kind, ReactionKind::closed);
  EXPECT_EQ(rule.reaction->code, 1002);
  EXPECT_EQ(rule.reaction->after, test::default_step);
}

TEST(ConformanceReaction, OneThatIsSeenGoesBeforeNone) {
  const Session silent = after_reserved_opcode([](Tcp&) {});
  const Session closed = after_reserved_opcode(client_closes_with_1002);
  const RuleOfEndpoint alone = reserved_opcode_of({silent});
  ASSERT_TRUE(alone.reaction);
  EXPECT_EQ(alone.reaction->kind, ReactionKind::none);
  for (const auto& both : {std::vector{silent, closed}, std::vector{closed, silent}}) {
    const RuleOfEndpoint rule = reserved_opcode_of(both);
    ASSERT_TRUE(rule.reaction);
    EXPECT_EQ(rule.reaction->kind, ReactionKind::closed);
  }
}

TEST(ConformanceReaction, OfTwoTheFirst) {
  const Session aborted = after_reserved_opcode([](Tcp& tcp) { tcp.rst(Role::client); });
  const Session closed = after_reserved_opcode(client_closes_with_1002);
  EXPECT_EQ(reserved_opcode_of({aborted, closed}).reaction->kind, ReactionKind::ended_tcp);
  EXPECT_EQ(reserved_opcode_of({closed, aborted}).reaction->kind, ReactionKind::closed);
}

TEST(ConformanceReaction, ToTheFirstErrorAloneAndToNoWarning) {
  const Session session = after_reserved_opcode([](Tcp& tcp) {
    tcp.send(Role::server, test::server_frame(Opcode::text, "\xff"));
    client_closes_with_1002(tcp);
  });
  Conformance all;
  all.add(session, Role::server, "h", all_rules(session, std::nullopt));
  all.add(session, Role::server, "h", {broken(Rule::close_repeated, Role::server, 1, 9)});
  std::size_t others = 0;
  const Endpoint endpoint = all.endpoints().at(0);
  for (const RuleOfEndpoint& each : endpoint.broken) {
    EXPECT_EQ(each.reaction.has_value(), each.rule == Rule::opcode_reserved) << rule_info(each.rule).id;
    others += each.rule == Rule::opcode_reserved ? 0 : 1;
  }
  EXPECT_GE(others, 2U);  // the text and the warning
}

}  // namespace
}  // namespace websocket
