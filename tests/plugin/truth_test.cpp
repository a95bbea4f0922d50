// SPDX-License-Identifier: GPL-2.0-or-later
/// What the lens shows, held against what the endpoints themselves said that they sent and received.
#include "support/truth.h"

#include <set>

#include "support/sample_test.h"

namespace wslens::test {
namespace {

using nlohmann::json;

/// HTTP/2 is the built-in's.
const std::set<std::string> not_ours{"http2"};
/// With TCP connections that carry a WebSocket and are not in the truth (a proxy's other leg, port re-use).
const std::set<std::string> more_sessions{"one-byte-segments", "failed-handshakes"};

/// The sender kept no record, and its peer has only what it accepted.
const std::set<std::string> only_accepted{"server-violations"};

class Truth : public EverySample {};

std::string ports_of(const std::string& direction) { return direction.substr(0, direction.find(' ')); }

/// The connections of the truth, by their ports.
std::set<std::string> known_ports(const std::string& sample) {
  std::set<std::string> known;
  const json document = truth_document(sample);
  for (const json& connection : document["connections"])
    known.insert(std::to_string(connection["client_port"].get<int>()) + "-" +
                 std::to_string(connection["server_port"].get<int>()));
  return known;
}

TEST_P(Truth, MessagesAreThoseThatTheEndpointsSent) {
  if (not_ours.count(GetParam()) != 0) GTEST_SKIP() << "HTTP/2 is shown by the built-in dissector";
  const bool lossy = truth_document(GetParam()).value("lossy", false);
  const bool more = more_sessions.count(GetParam()) != 0;
  const Reports shown = reports(GetParam());
  Messages got = as_shown(shown, Which::data, lossy ? std::set<std::string>{"exact"} : std::set<std::string>{});
  // Of a lossy capture whatever has a digest is right, not only what is called exact.
  Messages complete = as_shown(shown, Which::data, {"exact", "inferred", "after-gap"});
  for (const auto& [direction, wanted] : as_sent(GetParam())) {
    const std::vector<std::string>& have = got[direction];
    if (more && wanted.empty()) continue;
    if (only_accepted.count(GetParam()) != 0) {
      EXPECT_TRUE(is_subsequence(wanted, have)) << direction;
      continue;
    }
    EXPECT_TRUE(lossy ? is_subsequence(have, wanted) : have == wanted)
        << direction << ": " << have.size() << " of " << wanted.size();
    EXPECT_TRUE(is_subsequence(complete[direction], wanted)) << direction << ", with those behind gaps";
  }
  if (more) return;
  const std::set<std::string> known = known_ports(GetParam());
  for (const auto& [direction, messages] : got)
    EXPECT_EQ(known.count(ports_of(direction)), 1U) << "invented: " << direction;
}

/// Nothing of a message that cannot be known is claimed.
TEST_P(Truth, WhatIsUndecodableClaimsNothing) {
  for (const json& message : report(GetParam(), "messages-json")) {
    if (message["trust"] != "undecodable") continue;
    EXPECT_TRUE(message["text"].is_null() && message["length"].is_null() && message["sha256"].is_null()) << message;
  }
}

WSLENS_FOR_EVERY_SAMPLE(Truth);

class Negative : public EverySample {};

TEST_P(Negative, OtherProtocolsGiveNoSession) {
  if (GetParam().rfind("negative-", 0) != 0) GTEST_SKIP() << "holds a WebSocket";
  EXPECT_TRUE(report(GetParam(), "sessions-json").empty());
  EXPECT_TRUE(report(GetParam(), "messages-json", {"-2"}).empty());
  // What the built-in makes of them is its own business: it takes a 101 inside a download for one.
  for (const std::string& line : lines_of(tshark(GetParam(), {"-2", "-Y", "wslens"}).out)) ADD_FAILURE() << line;
}

WSLENS_FOR_EVERY_SAMPLE(Negative);

}  // namespace
}  // namespace wslens::test
