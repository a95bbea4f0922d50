// SPDX-License-Identifier: GPL-2.0-or-later
/// -z conv,wslens and -z endpoints,wslens: what Statistics ▸ Conversations and Endpoints count.
#include <gtest/gtest.h>

#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include "support/lens_view.h"
#include "support/truth.h"

namespace wslens::test {
namespace {

/// Rows of either table, as words.
std::vector<std::vector<std::string>> rows(const std::string& sample, const std::string& table) {
  std::vector<std::vector<std::string>> all;
  for (const std::string& line : lines_of(tshark(sample, {"-2", "-q", "-z", table}).out)) {
    if (!std::regex_search(line, std::regex("^[0-9a-f:.]+ +"))) continue;
    std::istringstream words(line);
    all.emplace_back(std::istream_iterator<std::string>(words), std::istream_iterator<std::string>());
  }
  return all;
}

std::size_t packets_of_sessions(const std::string& sample) {
  return lines_of(tshark(sample, {"-2", "-Y", "wslens.session"}).out).size();
}

/// In TLS a packet may bring several records, and counts once all the same.
TEST(Conversations, CountThePacketsOfSessionsOnce) {
  for (const char* sample : {"seed-demo", "wss-tls13", "pings", "closes"}) {
    std::size_t counted = 0;
    for (const auto& row : rows(sample, "conv,wslens")) counted += std::stoul(row.at(9));
    EXPECT_EQ(counted, packets_of_sessions(sample)) << sample;
  }
}

TEST(Conversations, AreOneForEachConnectionWithAWebSocket) {
  const std::vector<nlohmann::json> sessions = report("closes", "sessions-json");
  std::set<int> connections;
  for (const auto& session : sessions) connections.insert(session["tcp_stream"].get<int>());
  EXPECT_EQ(rows("closes", "conv,wslens").size(), connections.size());
}

TEST(Endpoints, AreTheTwoEnds) {
  const auto all = rows("seed-demo", "endpoints,wslens");
  ASSERT_EQ(all.size(), 2U);
  for (const auto& row : all) EXPECT_EQ(row.at(1), "18");
}

TEST(Conversations, AreNoneWithoutAWebSocket) { EXPECT_TRUE(rows("negative-download", "conv,wslens").empty()); }

/// Two connections between the same ports are two streams of TCP.
TEST(SessionsOfOnePort, EachNamesItsOwnStream) {
  const auto sessions = report("port-reuse", "sessions-json");
  ASSERT_EQ(sessions.size(), 2U);
  EXPECT_EQ(sessions[0]["tcp_stream"], 0);
  EXPECT_EQ(sessions[1]["tcp_stream"], 1);
}

}  // namespace
}  // namespace wslens::test
