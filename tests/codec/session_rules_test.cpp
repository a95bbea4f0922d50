// SPDX-License-Identifier: GPL-2.0-or-later
/// What an end did not do, or did in the wrong order. That each of them is silent when kept and when the evidence is
/// missing is tested on the samples rules-*; here stand the corners.
#include "session_rules.h"

#include <gtest/gtest.h>

#include "support/bytes.h"
#include "support/wire.h"

namespace websocket {
namespace {

using namespace test;

constexpr Role client = Role::client, server = Role::server;
constexpr Nanoseconds second = 1'000'000'000;

/// "client close-unanswered, server ...", in the order of the table.
std::string judged(const Recording& recording, std::optional<Nanoseconds> capture_end = std::nullopt) {
  std::string text;
  for (const RuleBroken& broken : all_rules(recording.session(), capture_end)) {
    text += (text.empty() ? "" : ", ") + std::string(role_name(broken.by)) + " ";
    text += rule_info(broken.rule).id;
  }
  return text;
}

TEST(SessionRules, AreSilentOnASpotlessSession) {
  Tcp tcp = opened();
  tcp.send(client, client_frame(Opcode::ping, "p")).send(server, server_frame(Opcode::pong, "p"));
  tcp.send(client, close_frame(client, 1000)).send(server, close_frame(server, 1000)).close(server);
  EXPECT_EQ(judged(play(tcp.take())), "");
}

TEST(SessionRules, APingIsHeldAgainstThePeerOnlyIfItAnsweredTheCloseBehindIt) {
  Tcp answers = opened();
  answers.send(client, client_frame(Opcode::ping, "p")).send(client, close_frame(client, 1000));
  answers.send(server, close_frame(server, 1000)).close(server);
  EXPECT_EQ(judged(play(answers.take())), "server ping-unanswered");
  Tcp closes_itself = opened();
  closes_itself.send(client, client_frame(Opcode::ping, "p")).send(server, close_frame(server, 1000));
  closes_itself.send(client, close_frame(client, 1000)).close(server);
  EXPECT_EQ(judged(play(closes_itself.take())), "") << "it may have closed before it read the Ping";
}

TEST(SessionRules, NobodyHasToAnswerAPingBehindAClose) {
  Tcp tcp = opened();
  tcp.send(client, joined({close_frame(client, 1000), client_frame(Opcode::ping, "p")}));
  tcp.send(server, close_frame(server, 1000)).close(server);
  EXPECT_EQ(judged(play(tcp.take())), "client ping-after-close");
}

TEST(SessionRules, ACloseWithAnotherCodeDoesNotShowThatThePingWasRead) {
  Tcp tcp = opened();
  tcp.send(client, joined({client_frame(Opcode::ping, "p"), close_frame(client, 1000)})).ack(server);
  tcp.send(server, close_frame(server, 1001)).close(server);
  EXPECT_EQ(judged(play(tcp.take())), "server close-code-not-echoed");
}

TEST(SessionRules, WhoGivesUpOverAnErrorAnswersNoClose) {
  Tcp tcp = opened();
  tcp.send(client, joined({client_frame(static_cast<Opcode>(3), "x"), close_frame(client, 1000)})).close(server);
  EXPECT_EQ(judged(play(tcp.take())),
            "client opcode-reserved, server failed-without-close, server tcp-ended-without-close");
}

TEST(SessionRules, AnUnsolicitedPongMayResembleAPing) {
  Tcp tcp = opened();
  tcp.send(client, client_frame(Opcode::ping, "heartbeat 17")).send(server, server_frame(Opcode::pong, "heartbeat 1"));
  tcp.send(server, server_frame(Opcode::pong, "heartbeat 17")).send(client, close_frame(client, 1000));
  tcp.send(server, close_frame(server, 1000)).close(server);
  EXPECT_EQ(judged(play(tcp.take())), "");
}

TEST(SessionRules, NobodyFinishesAMessageForAPeerThatHasGone) {
  const ByteVector begun = client_frame(Opcode::text, "a", {.fin = false});
  Tcp gone = opened();
  gone.send(client, begun).close(server);
  EXPECT_EQ(judged(play(gone.take())), "server tcp-ended-without-close");
  Tcp reset = opened();
  reset.send(client, begun).rst(server).fin(client);
  EXPECT_EQ(judged(play(reset.take())).find("message-unfinished"), std::string::npos);
  Tcp failed = opened();
  failed.send(client, begun).send(server, server_frame(static_cast<Opcode>(3), "x"));
  failed.send(client, close_frame(client, 1002)).send(server, close_frame(server, 1002)).close(server);
  EXPECT_EQ(judged(play(failed.take())), "server opcode-reserved");
}

TEST(SessionRules, HalfAControlFrameIsNoMessage) {
  Tcp tcp = opened();
  tcp.send(server, Bytes(server_frame(Opcode::ping, "0123456789")).first(6)).close(server);
  EXPECT_EQ(judged(play(tcp.take())), "server frame-unfinished, server tcp-ended-without-close");
}

TEST(SessionRules, WhatAnUnknownExtensionMayMeanIsNotJudged) {
  const std::string field = "Sec-WebSocket-Extensions: x-mux\r\n";
  Tcp tcp;
  tcp.upgrade(field, field);
  tcp.send(server, server_frame(static_cast<Opcode>(3), "x", {.rsv1 = true, .rsv2 = true}));
  tcp.send(server, server_frame(Opcode::text, "\xFF")).send(client, close_frame(client, 1000));
  tcp.send(server, close_frame(server, 1000)).close(server);
  EXPECT_EQ(judged(play(tcp.take())), "client request-extension-unregistered");
}

TEST(SessionRules, OfAServerThatWasNotCapturedNothingIsSaid) {
  Tcp tcp;
  tcp.open().send(client, upgrade_request()).fin(client).rst(client);
  Capture capture = tcp.take();
  std::erase_if(capture, [](const Packet& packet) { return packet.segment.sender == Side::b; });
  EXPECT_EQ(judged(play(std::move(capture))), "");
}

TEST(SessionRules, ACloseThatFailsTheConnectionIsNoEcho) {
  Tcp tcp = opened();
  tcp.send(server, close_frame(server, 1000)).send(client, close_frame(client, 1002)).close(server);
  EXPECT_EQ(judged(play(tcp.take())), "");
  Tcp other = opened();
  other.send(server, close_frame(server, 1001)).send(client, close_frame(client, 1000)).close(server);
  EXPECT_EQ(judged(play(other.take())), "client close-code-not-echoed");
}

TEST(SessionRules, AFinThatDoesNotAcknowledgeTheCloseLeavesNothingUnanswered) {
  Tcp tcp = opened();
  tcp.send(server, close_frame(server, 1000)).fin(client).fin(server);
  Capture capture = tcp.take();
  for (Packet& packet : capture)
    if (packet.segment.fin && packet.segment.sender == Side::a) packet.segment.acknowledgement -= 4;
  EXPECT_EQ(judged(play(std::move(capture))), "client tcp-ended-without-close");
}

TEST(SessionRules, TcpIsKeptOpenOnlyIfTheCaptureGoesOnLongEnough) {
  Tcp tcp = opened();
  tcp.send(client, close_frame(client, 1000)).send(server, close_frame(server, 1000)).ack(client);
  const Recording recording = play(tcp.take());
  EXPECT_EQ(judged(recording), "");
  EXPECT_EQ(judged(recording, recording.session().last.time + second), "");
  EXPECT_EQ(judged(recording, recording.session().last.time + 4 * second), "server tcp-kept-open-after-close");
}

TEST(SessionRules, AnUnusableAnswerHasNoClosingHandshake) {
  Tcp tcp;
  tcp.open().send(client, upgrade_request()).send(server, upgrade_response({}, "dGhlIHNhbXBsZSBub25jZQ=="));
  EXPECT_EQ(judged(play(tcp.close(client).take())), "server response-accept-wrong");
}

TEST(SessionRules, WhatTheClientSentBeforeTheAnswerIsNoUseOfIt) {
  Tcp tcp;
  tcp.open().send(client, joined({bytes_of(upgrade_request()), client_frame(Opcode::text, "early")}));
  tcp.send(server, upgrade_response({}, "dGhlIHNhbXBsZSBub25jZQ==")).close(client);
  EXPECT_EQ(judged(play(tcp.take())).find("invalid-response-used"), std::string::npos);
}

TEST(AllRules, StandInTheOrderOfTheTable) {
  Tcp tcp = opened();
  tcp.send(server, server_frame(Opcode::text, "\xFF")).send(server, server_frame(static_cast<Opcode>(3), ""));
  tcp.send(server, close_frame(server, 1000)).send(client, close_frame(client, 1000)).close(client);
  EXPECT_EQ(judged(play(tcp.take())),
            "server opcode-reserved, server text-not-utf8, client violation-not-failed, "
            "client tcp-closed-by-client-first");
}

}  // namespace
}  // namespace websocket
