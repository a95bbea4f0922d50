// SPDX-License-Identifier: GPL-2.0-or-later
/// What an end did about an error of its peer, on whole conversations.
#include "reaction.h"

#include <gtest/gtest.h>

#include "session_rules.h"
#include "support/bytes.h"
#include "support/wire.h"

namespace websocket {
namespace {

using namespace test;

constexpr Role client = Role::client, server = Role::server;

std::string words(const Recording& recording, Role culprit) {
  const auto reaction = reaction_to(recording.session(), culprit);
  if (!reaction) return "";
  return std::string(rule_info(reaction->rule).id) + ": " + in_words(*reaction);
}

bool breaks(const Recording& recording, Rule rule, Role by) {
  for (const RuleBroken& broken : session_rules(recording.session(), std::nullopt))
    if (broken.rule == rule && broken.by == by) return true;
  return false;
}

const ByteVector bad_text = server_frame(Opcode::text, "\xFF");
const ByteVector reserved = server_frame(static_cast<Opcode>(3), "x");
const ByteVector too_long_form = hex("82 7e 0001 61");  // an error, and no duty to fail

TEST(Reaction, IsTheCloseThatFollows) {
  Tcp tcp = opened();
  tcp.send(server, bad_text).send(client, close_frame(client, 1007)).send(server, close_frame(server, 1007));
  tcp.close(server);
  const Recording recording = play(tcp.take());
  EXPECT_EQ(words(recording, server), "text-not-utf8: closed with 1007 after 0.01 ms");
  EXPECT_EQ(words(recording, client), "") << "it made no error";
  EXPECT_FALSE(breaks(recording, Rule::violation_not_failed, client));
}

TEST(Reaction, CountsWhatTheCulpritSentMeanwhile) {
  Tcp tcp = opened();
  tcp.send(server, reserved).send(client, client_frame(Opcode::text, "on its way"));
  tcp.send(server, server_frame(Opcode::text, "12345678")).send(client, close_frame(client, 1002));
  const Recording recording = play(tcp.take());
  EXPECT_EQ(words(recording, server), "opcode-reserved: closed with 1002 after 0.03 ms and 10 more bytes");
  EXPECT_EQ(reaction_to(recording.session(), server)->frames_meanwhile, 1U);
}

TEST(Reaction, IsToGoOnIfAnOrdinaryCloseIsAnsweredAsIfNothingHadBeen) {
  Tcp tcp = opened();
  tcp.send(server, bad_text).send(client, client_frame(Opcode::text, "fine"));
  tcp.send(server, close_frame(server, 1000)).send(client, close_frame(client, 1000)).close(server);
  const Recording recording = play(tcp.take());
  EXPECT_EQ(reaction_to(recording.session(), server)->kind, ReactionKind::went_on);
  EXPECT_TRUE(breaks(recording, Rule::violation_not_failed, client));
}

TEST(Reaction, IsAskedForOnlyWhereTheRfcDoes) {
  Tcp tcp = opened();
  tcp.send(server, too_long_form).send(server, close_frame(server, 1000)).send(client, close_frame(client, 1000));
  const Recording recording = play(tcp.close(server).take());
  EXPECT_EQ(reaction_to(recording.session(), server)->kind, ReactionKind::went_on);
  EXPECT_FALSE(breaks(recording, Rule::violation_not_failed, client));
}

TEST(Reaction, IsMeasuredFromTheFirstErrorThatAsksForOne) {
  Tcp tcp = opened();
  tcp.send(server, too_long_form).send(server, bad_text).send(server, reserved);
  tcp.send(server, close_frame(server, 1000)).send(client, close_frame(client, 1000)).close(server);
  const Recording recording = play(tcp.take());
  EXPECT_EQ(reaction_to(recording.session(), server)->rule, Rule::text_not_utf8);
  EXPECT_TRUE(breaks(recording, Rule::violation_not_failed, client));
}

TEST(Reaction, MayBeTheEndOfTcp) {
  for (const bool reset : {false, true}) {
    Tcp tcp = opened();
    tcp.send(server, reserved);
    reset ? tcp.rst(client) : tcp.close(client);
    const Recording recording = play(tcp.take());
    EXPECT_EQ(words(recording, server), "opcode-reserved: ended TCP without a Close frame after 0.01 ms");
    EXPECT_TRUE(breaks(recording, Rule::failed_without_close, client));
    EXPECT_FALSE(breaks(recording, Rule::closing_handshake_skipped, client));
  }
}

TEST(Reaction, IsNotWhatComesMuchLater) {
  Tcp tcp = opened();
  tcp.send(server, reserved).close(client);
  const Recording recording = play(tcp.take(), {}, Nanoseconds{2} * 1'000'000'000);
  EXPECT_FALSE(breaks(recording, Rule::failed_without_close, client)) << "it may have ended for another reason";
  EXPECT_TRUE(breaks(recording, Rule::closing_handshake_skipped, client));
}

TEST(Reaction, IsNoneWhereTheCulpritEndsFirst) {
  Tcp tcp = opened();
  tcp.send(server, reserved).close(server);
  const Recording recording = play(tcp.take());
  EXPECT_EQ(words(recording, server), "opcode-reserved: no reaction in the capture");
  EXPECT_FALSE(breaks(recording, Rule::failed_without_close, client));
}

/// §8.1: as soon as the bytes so far cannot be the beginning of UTF-8.
TEST(Reaction, MayComeBeforeTheMessageIsWhole) {
  Tcp tcp = opened();
  tcp.send(server, server_frame(Opcode::text, "\xFF\xFE", {.fin = false})).send(client, close_frame(client, 1007));
  tcp.send(server, close_frame(server, 1007)).close(server);
  const Recording recording = play(tcp.take());
  EXPECT_EQ(words(recording, server), "text-not-utf8: closed with 1007 after 0.01 ms");
  EXPECT_EQ(rules_of(recording.session()), "server text-not-utf8 x1");
}

TEST(Reaction, IsCountedOnceWhenTheMessageIsFinishedAllTheSame) {
  Tcp tcp = opened();
  tcp.send(server, server_frame(Opcode::text, "\xFF", {.fin = false}))
      .send(server, server_frame(Opcode::continuation, "x"));
  tcp.send(client, close_frame(client, 1007));
  EXPECT_EQ(rules_of(play(tcp.take()).session()), "server text-not-utf8 x1");
}

TEST(Reaction, IsNotAskedForWhatComesBehindTheCulpritsOwnClose) {
  Tcp tcp = opened();
  tcp.send(server, close_frame(server, 1000)).send(server, reserved).send(client, close_frame(client, 1000));
  const Recording recording = play(tcp.close(server).take());
  EXPECT_FALSE(breaks(recording, Rule::violation_not_failed, client));
}

TEST(Reaction, IsNotJudgedByACloseThatMayHaveCrossed) {
  Tcp tcp = opened();
  tcp.send(server, joined({bad_text, close_frame(server, 1000)})).ack(client);
  tcp.send(client, close_frame(client, 1001)).close(server);
  EXPECT_FALSE(breaks(play(tcp.take()), Rule::violation_not_failed, client)) << "its program may have closed by itself";
}

TEST(Reaction, IsNotJudgedWhereItMayHaveBeenLost) {
  Tcp tcp = opened();
  tcp.send(server, bad_text).lose(client, 8).send(client, client_frame(Opcode::text, "x"));
  tcp.send(server, close_frame(server, 1000)).send(client, close_frame(client, 1000)).close(server);
  const Recording recording = play(tcp.take());
  EXPECT_FALSE(reaction_to(recording.session(), server).has_value());
  EXPECT_FALSE(breaks(recording, Rule::violation_not_failed, client));
}

TEST(ReactionName, IsTheWord) {
  EXPECT_EQ(reaction_name(ReactionKind::closed), "closed");
  EXPECT_EQ(reaction_name(ReactionKind::ended_tcp), "ended-tcp");
  EXPECT_EQ(reaction_name(ReactionKind::went_on), "went-on");
  EXPECT_EQ(reaction_name(ReactionKind::none), "none");
}

}  // namespace
}  // namespace websocket
