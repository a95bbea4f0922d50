// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "support/wire.h"

namespace websocket {
namespace {

using test::verdict_of;

Session with_outcome(Outcome outcome) {
  Session session;
  session.outcome = outcome;
  if (outcome == Outcome::switched) {
    session.response.answer = Answer::switched;
    session.response.accept_verdict = AcceptVerdict::right;
  }
  return session;
}

Session switched() { return with_outcome(Outcome::switched); }

void close(Session& session, Role sender, PacketIndex packet, std::optional<std::uint16_t> code,
           std::string_view reason = {}) {
  session.end(sender).close = {{packet, 0}, true, code, std::string(reason), 0, 0, 0, std::nullopt};
  session.end(sender).frames = 1;
  if (!session.first_close) session.first_close = sender;
}

void fin(Session& session, Role sender, PacketIndex packet) {
  session.end(sender).fin = {packet, 0};
  if (!session.first_fin) session.first_fin = sender;
}

void rst(Session& session, Role sender, PacketIndex packet) {
  session.rst = {packet, 0};
  session.rst_by = sender;
}

void fins(Session& session) {
  fin(session, Role::server, 30);
  fin(session, Role::client, 31);
}

bool has(const std::string& sentence, std::string_view phrase) { return sentence.find(phrase) != std::string::npos; }

#define EXPECT_SAYS(sentence, phrase) EXPECT_TRUE(has(sentence, phrase)) << (sentence)
#define EXPECT_SILENT_ON(sentence, phrase) EXPECT_FALSE(has(sentence, phrase)) << (sentence)

// ---- closed cleanly

TEST(Verdict, CleanCloseWithTheSameCodes) {
  Session session = switched();
  close(session, Role::client, 20, 1000);
  close(session, Role::server, 21, 1000);
  fins(session);
  EXPECT_EQ(verdict_of(session),
            "Closed cleanly: the client began the closing handshake, with code 1000 (Normal Closure), and the server "
            "answered the same. Both programs report 1000.");
}

TEST(Verdict, CleanCloseWithAReason) {
  Session session = switched();
  close(session, Role::server, 20, 1001, "bye\n");
  close(session, Role::client, 21, 1001);
  fins(session);
  const std::string sentence = verdict_of(session);
  EXPECT_SAYS(sentence, "the server began the closing handshake");
  EXPECT_SAYS(sentence, "with code 1001 (Going Away) and reason \"bye\\n\"");
}

TEST(Verdict, CleanCloseWithoutCodes) {
  Session session = switched();
  close(session, Role::client, 20, std::nullopt);
  close(session, Role::server, 21, std::nullopt);
  fins(session);
  EXPECT_EQ(verdict_of(session),
            "Closed cleanly: the client began the closing handshake, and neither side gave a code. Both programs "
            "report 1005.");
}

TEST(Verdict, CleanCloseWithDifferentCodes) {
  Session session = switched();
  close(session, Role::client, 20, 4001);
  close(session, Role::server, 21, std::nullopt);
  fins(session);
  const std::string sentence = verdict_of(session);
  EXPECT_SAYS(sentence, "with code 4001 (Private use); the server answered without a code.");
  EXPECT_SAYS(sentence, "The client's program reports 1005, the server's 4001.");
}

TEST(Verdict, CleanCloseThenRst) {
  Session session = switched();
  close(session, Role::client, 20, 1000);
  close(session, Role::server, 21, 1000);
  rst(session, Role::client, 22);
  const std::string sentence = verdict_of(session);
  EXPECT_SAYS(sentence, "Closed cleanly");
  EXPECT_SAYS(sentence, "Afterwards the client aborted TCP with RST (packet 22).");
}

TEST(Verdict, CleanCloseWhoseBodyIsNotInTheCapture) {
  Session session = switched();
  close(session, Role::client, 20, std::nullopt);
  session.end(Role::client).close.body_known = false;
  close(session, Role::server, 21, 1000);
  fins(session);
  const std::string sentence = verdict_of(session);
  EXPECT_SAYS(sentence, "with a body that the capture does not have; the server answered with code 1000");
  EXPECT_SILENT_ON(sentence, "report");
}

// ---- not closed cleanly

TEST(Verdict, NoCloseAndFin) {
  Session session = switched();
  fins(session);
  EXPECT_EQ(verdict_of(session),
            "Not closed cleanly: the server ended the TCP connection (FIN, packet 30) without any Close frame, as "
            "when a program ends or dies. Both programs report 1006.");
}

TEST(Verdict, NoCloseAndRst) {
  Session session = switched();
  rst(session, Role::client, 22);
  EXPECT_EQ(verdict_of(session),
            "Not closed cleanly: the client aborted the TCP connection (RST, packet 22) without any Close frame, as "
            "when a program ends or dies. Both programs report 1006.");
}

TEST(Verdict, NoCloseFinThenRstIsWhoEndedFirst) {
  Session session = switched();
  fin(session, Role::server, 21);
  rst(session, Role::client, 22);
  EXPECT_SAYS(verdict_of(session), "the server ended the TCP connection (FIN, packet 21)");
}

TEST(Verdict, AnUnansweredCloseThenFin) {
  Session session = switched();
  close(session, Role::client, 20, 1000);
  fins(session);
  const std::string sentence = verdict_of(session);
  EXPECT_SAYS(sentence, "Not closed cleanly: the client sent Close with code 1000 (Normal Closure) in packet 20");
  EXPECT_SAYS(sentence, "the server never answered it; the server ended the TCP connection (FIN, packet 30).");
  EXPECT_SAYS(sentence, "The client's program reports 1006, the server's 1000.");
}

TEST(Verdict, AnUnansweredCloseThenRst) {
  Session session = switched();
  close(session, Role::server, 20, std::nullopt);
  rst(session, Role::client, 22);
  const std::string sentence = verdict_of(session);
  EXPECT_SAYS(sentence, "the server sent Close without a code in packet 20, and the client never answered it");
  EXPECT_SAYS(sentence, "the client aborted the TCP connection (RST, packet 22)");
}

TEST(Verdict, WhatTheCaptureDoesNotHaveIsNotHeldAgainstAnybody) {
  for (const Role role : {Role::client, Role::server}) {
    Session silent = switched();
    fins(silent);
    silent.end(role).lost = 10;
    EXPECT_EQ(verdict_of(silent),
              "Ended: the server ended the TCP connection (FIN, packet 30); a Close frame may be among the bytes "
              "that the capture does not have.");
    Session unanswered = switched();
    close(unanswered, Role::client, 20, 1000);
    fins(unanswered);
    unanswered.end(role).unframed = 10;
    EXPECT_SAYS(verdict_of(unanswered), "an answer may be among the bytes that the capture does not have");
    EXPECT_SILENT_ON(verdict_of(unanswered), "Not closed cleanly");
  }
}

// ---- failed

TEST(Verdict, Refused) {
  Session session = with_outcome(Outcome::refused);
  session.response.status = 401;
  session.response.reason = "Unauthorized";
  EXPECT_EQ(verdict_of(session),
            "Failed: the server answered 401 Unauthorized instead of 101: the client has to log in first.");
  session.response.reason = "";
  EXPECT_SAYS(verdict_of(session), "answered 401 instead of 101");
}

TEST(Verdict, SwitchedToAnotherProtocol) {
  Session session = with_outcome(Outcome::refused);
  session.response.answer = Answer::switched_other;
  session.response.upgrade = "h2c";
  EXPECT_SAYS(verdict_of(session), "the server switched to \"h2c\"");
}

TEST(Verdict, WhatAPeerSentCannotHarmATerminal) {
  Session session = with_outcome(Outcome::refused);
  session.response.status = 400;
  session.response.reason = "\x1B[31m";
  EXPECT_SILENT_ON(verdict_of(session), "\x1B");
  session.response.answer = Answer::switched_other;
  session.response.upgrade = "\x1B[31m";
  EXPECT_SILENT_ON(verdict_of(session), "\x1B");
}

TEST(Verdict, NoAnswer) {
  EXPECT_EQ(verdict_of(with_outcome(Outcome::waiting)),
            "Still opening: the capture ends before the server answered the upgrade request.");
  Session closed = with_outcome(Outcome::waiting);
  fins(closed);
  EXPECT_SAYS(verdict_of(closed), "the server closed the TCP connection (FIN, packet 30) before any answer");
  Session aborted = with_outcome(Outcome::waiting);
  rst(aborted, Role::server, 22);
  EXPECT_SAYS(verdict_of(aborted), "the server aborted the TCP connection (RST, packet 22) before any answer");
}

TEST(Verdict, NotHttp) {
  Session session = with_outcome(Outcome::not_http);
  session.response_begins = {9, 0};
  EXPECT_EQ(verdict_of(session), "Failed: what came back in packet 9 is no HTTP response, so no WebSocket was opened.");
}

TEST(Verdict, AnswerNotCaptured) { EXPECT_SAYS(verdict_of(with_outcome(Outcome::not_captured)), "Not known"); }

TEST(Verdict, WrongAccept) {
  Session session = switched();
  session.response.violations.add(Rule::response_accept_wrong);
  EXPECT_EQ(verdict_of(session),
            "Failed: the server answered 101, but its Sec-WebSocket-Accept does not fit the client's key; a client "
            "must drop such a connection.");
  session.number = 4;
  session.response.accept = test::PlainNumbers::accept_of_session_3;
  EXPECT_SAYS(verdict_of(session), "does not fit the client's key (it fits the key of session 3); a client");
  session.response.violations = {};
  session.response.violations.add(Rule::response_accept_missing);
  EXPECT_SAYS(verdict_of(session), "but without Sec-WebSocket-Accept");
  session.response.violations = {};
  EXPECT_SILENT_ON(verdict_of(session), "Failed");
}

TEST(Verdict, WrongAcceptThatTheClientDidNotMind) {
  Session talked = switched();
  talked.response.violations.add(Rule::response_accept_wrong);
  talked.end(Role::client).frames = 1;
  EXPECT_SILENT_ON(verdict_of(talked), "Failed");
  Session closed = switched();
  closed.response.violations.add(Rule::response_accept_wrong);
  close(closed, Role::client, 20, 1002);
  EXPECT_SILENT_ON(verdict_of(closed), "Failed");
}

// ---- not over

TEST(Verdict, StillOpen) { EXPECT_EQ(verdict_of(switched()), "Still open when the capture ends."); }

TEST(Verdict, Closing) {
  Session session = switched();
  close(session, Role::server, 20, 1000);
  EXPECT_EQ(verdict_of(session),
            "Closing: the server began the closing handshake in packet 20; the capture ends before it was finished.");
  Session half = switched();
  fin(half, Role::client, 21);
  EXPECT_SAYS(verdict_of(half), "Closing: the client ended its half of the TCP connection (FIN, packet 21)");
}

// ---- packets

class Plus100 final : public PacketNumbers {
 public:
  std::uint32_t number_of(PacketIndex packet) const override { return packet + 100; }
  std::optional<std::uint32_t> session_with_accept(std::string_view /*accept*/,
                                                   std::uint32_t /*before*/) const override {
    return std::nullopt;
  }
};

TEST(Verdict, PacketsHaveTheNumbersThatAPersonSees) {
  Session session = switched();
  fins(session);
  EXPECT_SAYS(verdict(session, Plus100()), "packet 130");
}

// ---- in a few words

TEST(EndingInShort, SaysHowAndWithWhichCode) {
  Session session = switched();
  EXPECT_EQ(ending_in_short(session), "") << "still open";
  close(session, Role::client, 20, 1000);
  EXPECT_EQ(ending_in_short(session), "") << "closing";
  close(session, Role::server, 21, 1000);
  fins(session);
  EXPECT_EQ(ending_in_short(session), "cleanly, 1000");
}

TEST(EndingInShort, SaysWhatIsMissing) {
  Session silent = switched();
  fins(silent);
  EXPECT_EQ(ending_in_short(silent), "not cleanly, no Close");
  Session unanswered = switched();
  close(unanswered, Role::server, 20, std::nullopt);
  fins(unanswered);
  EXPECT_EQ(ending_in_short(unanswered), "not cleanly, no code");
  Session refused = with_outcome(Outcome::refused);
  refused.response.status = 403;
  EXPECT_EQ(ending_in_short(refused), "answer 403");
  Session not_http = with_outcome(Outcome::not_http);
  EXPECT_EQ(ending_in_short(not_http), "answer is no HTTP");
  Session abandoned = with_outcome(Outcome::waiting);
  fins(abandoned);
  EXPECT_EQ(ending_in_short(abandoned), "no answer");
}

}  // namespace
}  // namespace websocket
