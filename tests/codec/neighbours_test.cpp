// SPDX-License-Identifier: GPL-2.0-or-later
/// What several sessions of one client show together.
#include "neighbours.h"

#include <gtest/gtest.h>

#include <deque>

namespace websocket {
namespace {

constexpr Nanoseconds second = 1'000'000'000;

struct Town {
  std::deque<Session> sessions;
  Neighbours neighbours;
  PacketIndex packet = 0;

  Session& open(std::string key, Nanoseconds at) {
    Session& session = sessions.emplace_back();
    session.request.key = std::move(key);
    session.request_begins = {++packet, at};
    return session;
  }
  ViolationSet judge(const Session& session, std::string_view client = "192.0.2.1") {
    return neighbours.judge(session, client, "192.0.2.80:80");
  }
  /// Opens, is judged, and ends without a Close frame.
  ViolationSet live(Nanoseconds at, Nanoseconds until, bool cleanly = false, std::string_view client = "192.0.2.1") {
    Session& session = open("key " + std::to_string(packet), at);
    const ViolationSet broken = judge(session, client);
    session.outcome = Outcome::switched;
    for (const Role role : {Role::client, Role::server}) {
      if (cleanly) session.end(role).close.moment = {++packet, until};
      session.end(role).fin = {++packet, until};
    }
    session.first_fin = Role::client;
    return broken;
  }
};

TEST(Neighbours, KnowAKeyAgain) {
  Town town;
  Session& first = town.open("a", 0);
  EXPECT_FALSE(town.judge(first).has(Rule::request_key_reused));
  EXPECT_FALSE(town.judge(town.open("a", 0), "198.51.100.1").has(Rule::request_key_reused)) << "a proxy's other leg";
  town.sessions.back().outcome = first.outcome = Outcome::switched;
  EXPECT_FALSE(town.judge(town.open("b", 1)).has(Rule::request_key_reused));
  EXPECT_TRUE(town.judge(town.open("a", 2), "198.51.100.1").has(Rule::request_key_reused)) << "of whatever client";
  EXPECT_FALSE(town.judge(town.open("", 3)).has(Rule::request_key_reused));
  EXPECT_FALSE(town.judge(town.open("", 4)).has(Rule::request_key_reused)) << "no key is no key";
}

TEST(Neighbours, SeeTwoHandshakesAtOnce) {
  Town town;
  Session& first = town.open("a", 0);
  EXPECT_TRUE(town.judge(first).empty());
  EXPECT_TRUE(town.judge(town.open("b", 1), "198.51.100.1").empty()) << "another client";
  EXPECT_TRUE(town.judge(town.open("c", 2)).has(Rule::request_while_connecting));
  Town answered;
  Session& done = answered.open("a", 0);
  EXPECT_TRUE(answered.judge(done).empty());
  done.outcome = Outcome::switched;
  EXPECT_TRUE(answered.judge(answered.open("b", 1)).empty());
}

TEST(Neighbours, SeeWhoConnectsAgainAndAgainWithoutAPause) {
  Town town;
  for (Nanoseconds at = 0; at < 3 * second; at += second) EXPECT_TRUE(town.live(at, at + second / 2).empty()) << at;
  EXPECT_TRUE(town.live(3 * second, 3 * second).has(Rule::reconnect_without_delay)) << "the third time in a row";
}

TEST(Neighbours, GrantAPauseACleanEndAndAnotherClient) {
  Town slow;
  for (Nanoseconds at = 0; at < 10 * second; at += 2 * second) EXPECT_TRUE(slow.live(at, at + second / 2).empty());
  Town clean;
  for (Nanoseconds at = 0; at < 5 * second; at += second) EXPECT_TRUE(clean.live(at, at + second / 2, true).empty());
  Town many;
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(many.live(i * second, i * second + second / 2, false, "192.0.2." + std::to_string(i)).empty());
}

TEST(Neighbours, BlameNobodyWhoseRequestWasNotCaptured) {
  Town town;
  EXPECT_TRUE(town.judge(town.open("a", 0)).empty());
  Session& late = town.open("a", 1);
  late.late_start = true;
  EXPECT_TRUE(town.judge(late).empty());
}

}  // namespace
}  // namespace websocket
