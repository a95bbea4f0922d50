// SPDX-License-Identifier: GPL-2.0-or-later
/// The statistics of the menu Statistics, as tshark prints them: -z websocket_messages,tree and its likes.
#include <gmock/gmock.h>

#include <map>
#include <regex>
#include <sstream>

#include "support/truth.h"

namespace wslens::test {
namespace {

using nlohmann::json;

/// Of a tree: the first cells of each row, by the names of the row and of those above it.
struct Row {
  long count = 0;
  std::string average, least, most;
};
using Tree = std::map<std::vector<std::string>, Row>;

/// Columns are at least two blanks apart, and a row stands one blank to the right of the one above it.
Tree tree(const std::string& sample, const std::string& name, const Arguments& more = {}) {
  Arguments arguments{"-q", "-z", name};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Result result = tshark(sample, arguments);
  EXPECT_EQ(result.status, 0) << result.err;
  Tree rows;
  std::vector<std::string> path;
  bool inside = false;
  const std::regex cells("^( *)(.*?)  +([0-9]+) +([-0-9.]*) *([-0-9.]*) *([-0-9.]*) .*");
  std::smatch match;
  for (const std::string& line : lines_of(result.out)) {
    if (line.starts_with("---")) inside = true;
    if (!inside || !std::regex_match(line, match, cells)) continue;
    path.resize(static_cast<std::size_t>(match[1].length()));
    path.push_back(match[2]);
    rows[path] = {std::stol(match[3]), match[4], match[5], match[6]};
  }
  return rows;
}

long count(const Tree& rows, const std::vector<std::string>& path) {
  const auto found = rows.find(path);
  return found == rows.end() ? 0 : found->second.count;
}

constexpr const char* messages_top = "Messages and control frames, sizes in bytes";

std::string arrow(const json& message) {
  return message["direction"] == "client-to-server" ? "client \u2192 server" : "server \u2192 client";
}

TEST(MessageStatistics, CountEachTypeOfEachDirection) {
  for (const char* sample : {"simultaneous-directions", "pings", "python-fragments", "wss-tls13", "lost-segment"}) {
    std::map<std::vector<std::string>, long> wanted;
    for (const json& message : report(sample, "messages-json"))
      ++wanted[{messages_top, arrow(message), message["type"].get<std::string>()}];
    for (const char* passes : {"-n", "-2"}) {
      const Tree rows = tree(sample, "websocket_messages,tree", {passes});
      for (const auto& [path, number] : wanted) EXPECT_EQ(count(rows, path), number) << sample << passes << path[2];
    }
  }
}

TEST(MessageStatistics, HaveLeastAndMostOfTheSizes) {
  const Tree rows = tree("ws-plain-1mib", "websocket_messages,tree");
  long most = 0;
  for (const json& message : report("ws-plain-1mib", "messages-json"))
    most = std::max(most, message["length"].get<long>());
  const Row& top = rows.at({messages_top});
  EXPECT_EQ(top.least, "0");
  EXPECT_EQ(top.most, std::to_string(most));
  EXPECT_GT(count(rows, {"Sizes of messages, in bytes", "1048576-"}), 0);
}

TEST(MessageStatistics, FollowTheFilter) {
  const Tree rows = tree("simultaneous-directions", "websocket_messages,tree,wslens.direction == \"client-to-server\"");
  EXPECT_GT(count(rows, {messages_top, "client \u2192 server"}), 0);
  EXPECT_EQ(count(rows, {messages_top, "server \u2192 client"}), 0);
}

TEST(CloseStatistics, CountEachCodeAndReasonOfEachEnd) {
  std::map<std::vector<std::string>, long> wanted;
  for (const json& message : report("closes", "messages-json")) {
    if (message["type"] != "close" || !message["code"].is_number()) continue;
    const std::string sender = message["direction"] == "client-to-server" ? "from the client" : "from the server";
    ++wanted[{sender, std::to_string(message["code"].get<int>())}];
  }
  ASSERT_GE(wanted.size(), 10U);
  std::map<std::vector<std::string>, long> shown;
  for (const auto& [path, row] : tree("closes", "websocket_close,tree"))
    if (path.size() == 3 && path[2].find("no code") == std::string::npos)
      shown[{path[1], path[2].substr(0, path[2].find(' '))}] = row.count;
  EXPECT_EQ(shown, wanted);
  EXPECT_EQ(count(tree("closes", "websocket_close,tree"),
                  {"Close frames", "from the server", "1001 Going Away", "\"going away\""}),
            1);
}

TEST(PingStatistics, SayWhatTheSessionsSay) {
  std::map<std::string, long> sent, answered;
  long unsolicited = 0;
  for (const json& session : report("pings", "sessions-json"))
    for (const char* end : {"client", "server"}) {
      const json& pings = session["pings"][end];
      sent[end] += pings["sent"].get<long>();
      if (pings["rtt"].is_object()) answered[end] += pings["answered"].get<long>();
      unsolicited += pings["unsolicited_pongs"].get<long>();
    }
  const Tree rows = tree("pings", "websocket_pings,tree", {"-2"});
  for (const char* end : {"client", "server"}) {
    EXPECT_EQ(count(rows, {"Pings sent", std::string("of the ") + end}), sent[end]);
    EXPECT_LE(count(rows, {"Round-trip times, in milliseconds", std::string("to Pings of the ") + end}), answered[end]);
  }
  EXPECT_EQ(count(rows, {"Pongs that answer no Ping"}), unsolicited);
  const Row& all = rows.at({"Round-trip times, in milliseconds"});
  EXPECT_EQ(all.least, "0.400000");
  EXPECT_EQ(all.most, "1000.400024");
  EXPECT_EQ(count(rows, {"Round-trip times by range, in milliseconds", "1000-4999"}), 1);
}

TEST(CompressionStatistics, TellCompressedMessagesFromPlainOnesAndWhatWasAgreed) {
  std::map<std::vector<std::string>, long> wanted;
  for (const json& message : report("deflate-mixed", "messages-json"))
    if (message["number"].is_number())
      ++wanted[{"Data messages, sizes in bytes", arrow(message),
                message["compressed"].get<bool>() ? "compressed" : "not compressed"}];
  const Tree rows = tree("deflate-mixed", "websocket_compression,tree");
  ASSERT_EQ(wanted.size(), 4U);
  for (const auto& [path, number] : wanted) EXPECT_EQ(count(rows, path), number) << path[2];
  EXPECT_EQ(count(rows, {"WebSockets opened", "Agreed: permessage-deflate"}), 2);
}

using Rows = std::vector<std::vector<std::string>>;

Rows session_rows(const std::string& sample, const std::string& filter = "") {
  Rows rows;
  for (const std::string& line : lines_of(tshark(sample, {"-2", "-q", "-z", "websocket_sessions" + filter}).out)) {
    if (!std::regex_search(line, std::regex("^ *[0-9]+ \\|"))) continue;
    std::vector<std::string> cells;
    std::istringstream words(line);
    for (std::string cell; std::getline(words, cell, '|');) {
      const auto first = cell.find_first_not_of(' ');
      cells.push_back(first == std::string::npos ? "" : cell.substr(first, cell.find_last_not_of(' ') - first + 1));
    }
    rows.push_back(cells);
  }
  return rows;
}

TEST(SessionStatistics, SayWhatTheReportOfSessionsSays) {
  for (const char* sample : {"closes", "pings", "deflate-mixed", "reasons-failed", "lost-segment"}) {
    const std::vector<json> sessions = report(sample, "sessions-json", {"-2"});
    const Rows rows = session_rows(sample);
    ASSERT_EQ(rows.size(), sessions.size()) << sample;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(rows[i][0], std::to_string(i));
      EXPECT_EQ(rows[i][2], sessions[i]["state"].get<std::string>()) << sample << i;
      EXPECT_EQ(rows[i][5], std::to_string(sessions[i]["messages"]["client"].get<int>())) << sample << i;
      EXPECT_EQ(rows[i][6], std::to_string(sessions[i]["messages"]["server"].get<int>())) << sample << i;
      EXPECT_EQ(rows[i][12], sessions[i]["verdict"].get<std::string>()) << sample << i;
    }
  }
}

TEST(SessionStatistics, CountThePacketsThatTheFilterSelects) {
  const Rows rows = session_rows("closes", ",wslens.session == 2");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0][0], "2");
  EXPECT_EQ(rows[0][4], std::to_string(lines_of(tshark("closes", {"-2", "-Y", "wslens.session == 2"}).out).size()));
}

TEST(SessionStatistics, AreEmptyWithoutAWebSocket) { EXPECT_TRUE(session_rows("negative-download").empty()); }

}  // namespace
}  // namespace wslens::test
