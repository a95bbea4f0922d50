// SPDX-License-Identifier: GPL-2.0-or-later
/// What the lens shows, held against what the endpoints themselves said that they sent and received.
#include <set>

#include "support/sample_test.h"

namespace wslens::test {
namespace {

using nlohmann::json;
using Message = std::pair<std::string, std::string>;  // type, SHA-256
using Messages = std::vector<Message>;

struct Key {
  int client;
  int server;
  std::string direction;
  bool operator<(const Key& other) const {
    return std::tie(client, server, direction) < std::tie(other.client, other.server, other.direction);
  }
};

/// Samples whose messages this version does not decode, and says so. See LIMITS in README.md.
const std::set<std::string> not_decoded{"compressed", "one-byte-segments"};
/// HTTP/2 is the built-in's.
const std::set<std::string> not_ours{"http2"};
/// With TCP connections that carry a WebSocket and are not in the truth (a proxy's other leg, port re-use).
const std::set<std::string> more_sessions{"one-byte-segments", "failed-handshakes"};

bool is_data(const std::string& type) { return type == "text" || type == "binary"; }

int port_of(const std::string& address) { return std::stoi(address.substr(address.rfind(':') + 1)); }

std::map<Key, Messages> shown(const std::string& sample, bool exact_only) {
  std::map<int, std::pair<int, int>> ports;
  for (const json& session : report(sample, "sessions-json"))
    ports[session["session"]] = {port_of(session["client"]), port_of(session["server"])};
  std::map<Key, Messages> messages;
  for (const json& message : report(sample, "messages-json")) {
    if (!is_data(message["type"]) || (exact_only && message["trust"] != "exact")) continue;
    const auto [client, server] = ports.at(message["session"]);
    const std::string digest = message["sha256"].is_string() ? message["sha256"] : "";
    messages[{client, server, message["direction"].get<std::string>()}].push_back({message["type"], digest});
  }
  return messages;
}

Messages listed(const json& record, const char* which) {
  Messages messages;
  for (const json& message : record.value(which, json::array()))
    if (is_data(message["type"]))
      messages.push_back({message["type"].get<std::string>(), message["sha256"].get<std::string>()});
  return messages;
}

/// What `sender` said that it sent; if it said nothing, what its peer says that it got. No record: nothing is asked.
std::map<Key, Messages> truth(const json& document) {
  std::map<Key, Messages> all;
  for (const json& connection : document["connections"]) {
    for (const auto& [sender, peer, direction] :
         {std::tuple{"client", "server", "client-to-server"}, std::tuple{"server", "client", "server-to-client"}}) {
      const json mine = connection.value(sender, json::object());
      const json theirs = connection.value(peer, json::object());
      const bool said = mine.contains("sent") && (!mine["sent"].empty() || listed(theirs, "recv").empty());
      if (!said && !theirs.contains("recv")) continue;
      all[{connection["client_port"].get<int>(), connection["server_port"].get<int>(), direction}] =
          said ? listed(mine, "sent") : listed(theirs, "recv");
    }
  }
  return all;
}

bool is_subsequence(const Messages& part, const Messages& whole) {
  std::size_t at = 0;
  for (const Message& message : whole)
    if (at < part.size() && part[at] == message) ++at;
  return at == part.size();
}

class Truth : public EverySample {};

TEST_P(Truth, MessagesAreThoseThatTheEndpointsSent) {
  if (not_ours.count(GetParam()) != 0) GTEST_SKIP() << "HTTP/2 is shown by the built-in dissector";
  const json document = json::parse(read_file(source_path("sample-pcaps/" + GetParam() + ".json")));
  const bool lossy = document.value("lossy", false) || not_decoded.count(GetParam()) != 0;
  auto got = shown(GetParam(), lossy);
  std::set<std::pair<int, int>> known;
  for (const auto& [key, wanted] : truth(document)) {
    known.insert({key.client, key.server});
    const Messages& have = got[key];
    const bool judged = lossy || !wanted.empty() || more_sessions.count(GetParam()) == 0;
    const bool agrees = lossy ? is_subsequence(have, wanted) : have == wanted;
    EXPECT_TRUE(agrees || !judged) << key.client << " " << key.direction << ": " << have.size() << " of "
                                   << wanted.size();
  }
  for (const json& connection : document["connections"])
    known.insert({connection["client_port"].get<int>(), connection["server_port"].get<int>()});
  if (more_sessions.count(GetParam()) != 0) return;
  for (const auto& [key, messages] : got)
    EXPECT_EQ(known.count({key.client, key.server}), 1U) << "invented: port " << key.client;
}

/// As many as were sent, in order, and none of them called known.
TEST_P(Truth, WhatIsNotDecodedIsListedAndMarked) {
  if (not_decoded.count(GetParam()) == 0) GTEST_SKIP() << "all of it is decoded";
  std::size_t undecodable = 0;
  for (const json& message : report(GetParam(), "messages-json")) {
    if (message["trust"] != "undecodable") continue;
    ++undecodable;
    EXPECT_TRUE(message["text"].is_null() && message["length"].is_null() && message["sha256"].is_null());
    EXPECT_EQ(message["compressed"], true);
  }
  EXPECT_GT(undecodable, 0U);
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
