// SPDX-License-Identifier: GPL-2.0-or-later
#include "session.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace websocket {
namespace {

// ---- what may happen to a session, as bits, so that a table row can name several

enum Event : unsigned {
  client_close = 1 << 0,
  server_close = 1 << 1,
  client_fin = 1 << 2,
  server_fin = 1 << 3,
  rst = 1 << 4,
  lost = 1 << 5,
  unframed = 1 << 6,
  bad_accept = 1 << 7,
  client_message = 1 << 8,
};
constexpr unsigned both_close = client_close | server_close;
constexpr unsigned both_fin = client_fin | server_fin;

constexpr Moment moment{7, 700};

Session session_with(Outcome outcome, unsigned events) {
  Session session;
  session.outcome = outcome;
  if ((events & bad_accept) != 0) session.response.violations.add(Rule::response_accept_wrong);
  if ((events & client_message) != 0) {
    session.end(Role::client).messages = 1;
    session.end(Role::client).frames = 1;
  }
  for (const Role role : {Role::client, Role::server}) {
    const unsigned shift = role == Role::client ? 0 : 1;
    EndOfSession& end = session.end(role);
    if ((events & client_close << shift) != 0) {
      end.close.moment = moment;
      end.frames = 1;
      end.close.code = role == Role::client ? 1000 : 1001;
      if (!session.first_close) session.first_close = role;
    }
    if ((events & client_fin << shift) != 0) {
      end.fin = moment;
      if (!session.first_fin) session.first_fin = role;
    }
  }
  if ((events & rst) != 0) session.rst = moment;
  if ((events & lost) != 0) session.end(Role::server).lost = 1;
  if ((events & unframed) != 0) session.end(Role::server).unframed = 1;
  return session;
}

struct Row {
  std::string_view name;
  Outcome outcome;
  std::uint16_t events;
  SessionState state;
  std::optional<bool> clean;
  std::optional<std::uint16_t> client_code;
  std::optional<std::uint16_t> server_code;
};

constexpr std::nullopt_t none = std::nullopt;

constexpr Row rows[] = {
    {"no answer yet", Outcome::waiting, 0, SessionState::opening, none, none, none},
    {"no answer, client FIN", Outcome::waiting, client_fin, SessionState::failed, false, 1006, none},
    {"no answer, server FIN", Outcome::waiting, server_fin, SessionState::failed, false, 1006, none},
    {"no answer, RST", Outcome::waiting, rst, SessionState::failed, false, 1006, none},
    {"refused", Outcome::refused, 0, SessionState::failed, false, 1006, none},
    {"refused, ended", Outcome::refused, both_fin, SessionState::failed, false, 1006, none},
    {"not HTTP", Outcome::not_http, 0, SessionState::failed, false, 1006, none},
    {"answer not captured", Outcome::not_captured, 0, SessionState::unknown, none, none, none},
    {"answer not captured, ended", Outcome::not_captured, both_fin, SessionState::unknown, none, none, none},

    {"open", Outcome::switched, 0, SessionState::open, none, none, none},
    {"client Close", Outcome::switched, client_close, SessionState::closing, none, none, 1000},
    {"server Close", Outcome::switched, server_close, SessionState::closing, none, 1001, none},
    {"both Close", Outcome::switched, both_close, SessionState::closing, none, 1001, 1000},
    {"both Close, one FIN", Outcome::switched, both_close | server_fin, SessionState::closing, none, 1001, 1000},
    {"client FIN alone", Outcome::switched, client_fin, SessionState::closing, none, none, none},

    {"clean", Outcome::switched, both_close | both_fin, SessionState::closed, true, 1001, 1000},
    {"both Close, then RST", Outcome::switched, both_close | rst, SessionState::closed, true, 1001, 1000},
    {"clean although bytes are lost", Outcome::switched, both_close | both_fin | lost, SessionState::closed, true, 1001,
     1000},
    {"no Close, FINs", Outcome::switched, both_fin, SessionState::closed, false, 1006, 1006},
    {"no Close, RST", Outcome::switched, rst, SessionState::closed, false, 1006, 1006},
    {"client Close unanswered", Outcome::switched, client_close | both_fin, SessionState::closed, false, 1006, 1000},
    {"server Close unanswered", Outcome::switched, server_close | rst, SessionState::closed, false, 1001, 1006},

    {"a Close of the server may be lost", Outcome::switched, both_fin | lost, SessionState::closed, none, none, 1006},
    {"a Close of the server may be unframed", Outcome::switched, both_fin | unframed, SessionState::closed, none, none,
     1006},
    {"an answer may be lost", Outcome::switched, client_close | both_fin | lost, SessionState::closed, none, none,
     1000},
    {"wrong accept", Outcome::switched, bad_accept, SessionState::open, none, none, none},
    {"wrong accept, FINs", Outcome::switched, bad_accept | both_fin, SessionState::failed, false, 1006, none},
    {"wrong accept, client FIN", Outcome::switched, bad_accept | client_fin, SessionState::failed, false, 1006, none},
    {"wrong accept, RST", Outcome::switched, bad_accept | rst, SessionState::failed, false, 1006, none},
    {"wrong accept, used", Outcome::switched, bad_accept | client_message | both_fin, SessionState::closed, false, 1006,
     1006},
    {"wrong accept, clean", Outcome::switched, bad_accept | both_close | both_fin, SessionState::closed, true, 1001,
     1000},

    {"RST, but a Close may be lost", Outcome::switched, rst | lost, SessionState::closed, none, none, 1006},
};

TEST(SessionState, FollowsFromTheAnswerTheCloseFramesAndTcp) {
  for (const Row& row : rows) {
    EXPECT_EQ(session_state(session_with(row.outcome, row.events)), row.state) << row.name;
  }
}

TEST(ClosedCleanly, NeedsBothCloseFramesAndTheEndOfTcp) {
  for (const Row& row : rows) EXPECT_EQ(closed_cleanly(session_with(row.outcome, row.events)), row.clean) << row.name;
}

TEST(ApiCode, IsThatOfThePeersClose) {
  for (const Row& row : rows) {
    const Session session = session_with(row.outcome, row.events);
    EXPECT_EQ(api_code(session, Role::client), row.client_code) << row.name;
    EXPECT_EQ(api_code(session, Role::server), row.server_code) << row.name;
  }
}

TEST(ApiCode, IsCode1005WhenTheCloseHadNone) {
  Session session = session_with(Outcome::switched, both_close | both_fin);
  session.end(Role::server).close.code.reset();
  EXPECT_EQ(api_code(session, Role::client), 1005);
  EXPECT_EQ(api_code(session, Role::server), 1000);
}

TEST(ApiCode, IsNotKnownWhenTheBodyOfTheCloseIsNot) {
  Session session = session_with(Outcome::switched, both_close | both_fin);
  session.end(Role::server).close.code.reset();
  session.end(Role::server).close.body_known = false;
  EXPECT_EQ(api_code(session, Role::client), none);
  EXPECT_EQ(closed_cleanly(session), true);
}

TEST(Session, EveryCombinationOfEventsHasAnAnswer) {
  std::size_t checked = 0;
  for (const Outcome outcome :
       {Outcome::waiting, Outcome::switched, Outcome::refused, Outcome::not_http, Outcome::not_captured}) {
    for (unsigned events = 0; events < 512; ++events, ++checked) {
      const Session session = session_with(outcome, events);
      const SessionState state = session_state(session);
      const auto clean = closed_cleanly(session);
      if (clean == true) {
        EXPECT_TRUE(state == SessionState::closed && (events & both_close) == both_close) << events;
      }
      if (state == SessionState::closed || state == SessionState::closing || state == SessionState::open) {
        EXPECT_EQ(outcome, Outcome::switched);
      }
      if (!session.switched()) {
        EXPECT_EQ(api_code(session, Role::server), none) << events;
      }
    }
  }
  EXPECT_EQ(checked, 2560U);
}

TEST(Session, TcpHasEndedWithBothFinsOrARst) {
  EXPECT_FALSE(session_with(Outcome::switched, 0).tcp_ended());
  EXPECT_FALSE(session_with(Outcome::switched, client_fin).tcp_ended());
  EXPECT_FALSE(session_with(Outcome::switched, server_fin).tcp_ended());
  EXPECT_TRUE(session_with(Outcome::switched, both_fin).tcp_ended());
  EXPECT_TRUE(session_with(Outcome::switched, rst).tcp_ended());
}

// ---- rules

TEST(Session, ABrokenRuleIsCountedByEndAndKeepsItsFirstPacket) {
  Session session;
  ViolationSet two;
  two.add(Rule::text_not_utf8);
  two.add(Rule::client_frame_unmasked);
  ViolationSet one;
  one.add(Rule::text_not_utf8);
  session.break_rules(two, Role::client, 3);
  session.break_rules(one, Role::client, 5);
  session.break_rules(one, Role::server, 6);
  session.break_rules({}, Role::server, 7);
  ASSERT_EQ(session.rules.size(), 3U);
  for (const RuleBroken& broken : session.rules) {
    const bool twice = broken.rule == Rule::text_not_utf8 && broken.by == Role::client;
    EXPECT_EQ(broken.count, twice ? 2U : 1U);
    EXPECT_EQ(broken.first_packet, broken.by == Role::client ? 3U : 6U);
  }
}

// ---- names

TEST(Session, StatesAndRolesHaveNames) {
  EXPECT_EQ(session_state_name(SessionState::opening), "opening");
  EXPECT_EQ(session_state_name(SessionState::open), "open");
  EXPECT_EQ(session_state_name(SessionState::closing), "closing");
  EXPECT_EQ(session_state_name(SessionState::closed), "closed");
  EXPECT_EQ(session_state_name(SessionState::failed), "failed");
  EXPECT_EQ(session_state_name(SessionState::unknown), "unknown");
  EXPECT_EQ(role_name(Role::client), "client");
  EXPECT_EQ(role_name(Role::server), "server");
  EXPECT_EQ(direction_name(Role::client), "client-to-server");
  EXPECT_EQ(direction_name(Role::server), "server-to-client");
}

TEST(LongestSilence, IsTheLongestTimeWithoutAFrameFromTheAnswerOn) {
  Session session = session_with(Outcome::switched, 0);
  session.response_done = {3, 100};
  session.note_bytes({4, 150});
  EXPECT_EQ(session.longest_silence, 50);
  session.note_bytes({5, 300});
  session.note_bytes({6, 310});
  EXPECT_EQ(session.longest_silence, 150);
  EXPECT_EQ(session.last_bytes.packet, 6U);
  Session late = session_with(Outcome::switched, 0);  // nobody knows when the answer came
  late.note_bytes({4, 1000});
  EXPECT_EQ(late.longest_silence, 0);
}

/// RFC 6455 §7.1.7: who fails the connection reads no answer, and its program reports 1006.
TEST(GaveUpOnPeer, NeedsAFinBeforeThePeersCloseAndACodeOrARstThatSaysSo) {
  Session session = session_with(Outcome::switched, both_close | both_fin);
  EndOfSession& server = session.end(Role::server);
  server.ended_before_peers_close = true;
  server.close.code = 1009;
  EXPECT_TRUE(gave_up_on_peer(session, Role::server));
  EXPECT_EQ(api_code(session, Role::server), 1006);
  EXPECT_EQ(api_code(session, Role::client), 1009);
  EXPECT_EQ(closed_cleanly(session), false);
  server.close.code = 1000;  // it may have read on: nobody knows
  EXPECT_FALSE(gave_up_on_peer(session, Role::server));
  EXPECT_EQ(api_code(session, Role::server), std::nullopt);
  session.rst = moment;
  session.rst_by = Role::server;
  EXPECT_TRUE(gave_up_on_peer(session, Role::server));
  server.ended_before_peers_close = false;
  server.close.code = 1009;
  EXPECT_FALSE(gave_up_on_peer(session, Role::server));
  EXPECT_EQ(api_code(session, Role::server), 1000);
}

}  // namespace
}  // namespace websocket
