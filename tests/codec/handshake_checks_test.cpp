// SPDX-License-Identifier: GPL-2.0-or-later
/// The handshake's table says of each field that matters whether it is right, and of a wrong one why.
#include "handshake_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/wire.h"

namespace websocket {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

HttpHead head_of(HeadKind kind, std::string_view text) {
  HttpHeadParser parser(kind);
  parser.advance(as_bytes(text));
  EXPECT_EQ(parser.status(), Status::ok);
  return parser.take();
}

UpgradeRequest request(std::string_view text) { return judge_request(head_of(HeadKind::request, text)); }

constexpr std::string_view good =
    "GET /chat HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

std::vector<std::string> lines(const std::vector<HandshakeCheck>& checks) {
  std::vector<std::string> all;
  all.reserve(checks.size());
  for (const HandshakeCheck& check : checks) all.push_back(in_words(check));
  return all;
}

TEST(HandshakeChecks, OfARightRequestEachFieldIsRight) {
  EXPECT_THAT(lines(checks_of(request(std::string(good) + "\r\n"))),
              ElementsAre("right  Method: GET", "right  HTTP version: 1.1 or later", "right  Host: example.org",
                          "right  Upgrade: websocket", "right  Connection: Upgrade",
                          "right  Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "right  Sec-WebSocket-Version: 13"));
}

TEST(HandshakeChecks, WhatIsWrongSaysWhy) {
  const auto checks = lines(checks_of(request("POST / HTTP/1.1\r\nHost: h\r\nSec-WebSocket-Key: short\r\n\r\n")));
  EXPECT_THAT(checks,
              testing::Contains("WRONG  Method: POST. The client asked for the upgrade with a method other than GET."));
  EXPECT_THAT(checks, testing::Contains(StartsWith("WRONG  Upgrade: (missing, or another value). ")));
  EXPECT_THAT(checks, testing::Contains(StartsWith("WRONG  Sec-WebSocket-Key: short. ")));
  EXPECT_THAT(checks, testing::Contains(StartsWith("WRONG  Sec-WebSocket-Version: (missing). ")));
}

TEST(HandshakeChecks, WhatWasCutAwayHasNoLine) {
  HttpHeadParser parser(HeadKind::request);
  parser.advance(as_bytes("GET /chat HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebS"));
  parser.cut();
  EXPECT_THAT(lines(checks_of(judge_request(parser.head()))), ElementsAre("right  Method: GET"));
}

TEST(HandshakeChecks, AnAnswerIsCheckedOnlyIfItSwitches) {
  const UpgradeRequest asked = request(std::string(good) + "\r\n");
  const auto refused = judge_response(head_of(HeadKind::response, "HTTP/1.1 404 No\r\n\r\n"), asked);
  EXPECT_TRUE(checks_of(refused).empty());
  const auto wrong = judge_response(
      head_of(HeadKind::response, "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: no\r\n\r\n"),
      asked);
  EXPECT_THAT(lines(checks_of(wrong)),
              ElementsAre("right  Upgrade: websocket", StartsWith("WRONG  Connection: (missing, or another value). "),
                          StartsWith("WRONG  Sec-WebSocket-Accept: no. ")));
}

TEST(Negotiation, NamesEachOfferTheAnswerAndWhatFollowsForEachDirection) {
  const UpgradeRequest asked =
      request(std::string(good) +
              "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99, x-other, "
              "permessage-deflate; client_max_window_bits\r\nSec-WebSocket-Protocol: a, b\r\n\r\n");
  const auto answer = judge_response(
      head_of(HeadKind::response,
              "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9; server_no_context_takeover\r\n"
              "Sec-WebSocket-Protocol: b\r\n\r\n"),
      asked);
  EXPECT_THAT(negotiation_lines(asked, answer),
              ElementsAre(HasSubstr("Offer 1: permessage-deflate; server_max_window_bits=99 (ILLEGAL"),
                          HasSubstr("Offer 2: x-other (not an extension that this lens knows)"),
                          "Offer 3: permessage-deflate; client_max_window_bits (legal)",
                          "Accepted: permessage-deflate; client_max_window_bits=9; server_no_context_takeover",
                          "Client to server: compressed with a window of 512 bytes (9 bits), the context kept from "
                          "message to message",
                          "Server to client: compressed with a window of 32768 bytes (15 bits), the context begun anew "
                          "with each message",
                          "Subprotocol: \"b\", of a, b"));
}

TEST(Negotiation, SaysThatNothingWasAccepted) {
  const UpgradeRequest asked =
      request(std::string(good) + "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: a\r\n\r\n");
  const auto answer = judge_response(
      head_of(HeadKind::response, "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
      asked);
  EXPECT_THAT(
      negotiation_lines(asked, answer),
      ElementsAre("Offer 1: permessage-deflate (legal)",
                  "Accepted: nothing; no message of this WebSocket is compressed", "Subprotocol: none chosen, of a"));
}

}  // namespace
}  // namespace websocket
