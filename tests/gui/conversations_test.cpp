// SPDX-License-Identifier: GPL-2.0-or-later
/// Statistics ▸ Conversations and Endpoints with "WebSocket Lens", held against what tshark says of each packet.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include "support/lens_view.h"
#include "support/truth.h"
#include "window.h"

namespace wslens::test {
namespace {

using testing::HasSubstr;

/// How many packets, and how many bytes.
using Sums = std::pair<std::uint64_t, std::uint64_t>;
using Table = std::map<std::string, Sums>;

void add(Sums& sums, const std::string& bytes) {
  ++sums.first;
  sums.second += std::stoull(bytes);
}

/// Where the table has no number of the stream, which it shows for TCP and UDP alone, the client's port tells the
/// connections of this capture apart.
constexpr const char* key_of_connection = is_later_than_4_0 ? "Port A" : "Stream ID";

Table connections_of(const std::string& sample) {
  Table sums;
  const Arguments fields{"tcp.stream", "wslens.direction", "tcp.srcport", "tcp.dstport", "frame.len"};
  for (const FieldRow& row : field_rows(sample, fields, {"-2", "-Y", "wslens.session"})) {
    const std::string& client_port = row[1].at(0) == "client-to-server" ? row[2].at(0) : row[3].at(0);
    add(sums[is_later_than_4_0 ? client_port : row[0].at(0)], row[4].at(0));
  }
  return sums;
}

/// By port, which tells the ends of this capture apart.
Table ends_of(const std::string& sample) {
  Table sums;
  const Arguments fields{"tcp.srcport", "tcp.dstport", "frame.len"};
  for (const FieldRow& row : field_rows(sample, fields, {"-2", "-Y", "wslens.session"}))
    for (const std::size_t end : {0U, 1U}) add(sums[row[end].at(0)], row[2].at(0));
  return sums;
}

/// Of comma-separated values with a line of headings: the columns "Packets" and "Bytes", by the column `key`.
Table table_in(const std::string& text, const std::string& key) {
  Table table;
  std::vector<std::string> headings;
  for (const std::string& line : lines_of(text)) {
    std::vector<std::string> cells;
    std::istringstream rest(line);
    for (std::string cell; std::getline(rest, cell, ',');) cells.push_back(cell);
    if (headings.empty()) {
      headings = cells;
      continue;
    }
    const auto cell = [&](const std::string& heading) {
      const auto found = std::find(headings.begin(), headings.end(), heading);
      return found == headings.end() ? "" : cells.at(static_cast<std::size_t>(found - headings.begin()));
    };
    table[cell(key)] = {std::stoull(cell("Packets")), std::stoull(cell("Bytes"))};
  }
  return table;
}

/// Statistics ▸ `table`, with the lens's tab in front, which has so many rows.
void open_table(Window& window, const std::string& table, const std::string& sample, std::size_t rows) {
  window.tell("menu", "Statistics", table);
  EXPECT_EQ(window.text_of("window", ".*" + table + ".*"), "Wireshark · " + table + " · " + sample + ".pcapng");
  window.tell("fill", "", "WebSocket");
  window.tell("tick", "WebSocket Lens");
  window.tell("press", "WebSocket Lens · " + std::to_string(rows));
}

TEST(ConversationsAndEndpoints, CountThePacketsOfWebSockets) {
  Window window("closes");
  open_table(window, "Conversations", "closes", 20);
  const Table connections =
      table_in(window.text_of("copied", "press_and", "Copy", "Down", "Return"), key_of_connection);
  EXPECT_EQ(connections.size(), truth_document("closes")["connections"].size());
  EXPECT_EQ(connections, connections_of("closes"));
  window.tell("picture", "conversations", "window");
  window.tell("close");

  const Table ends = ends_of("closes");
  open_table(window, "Endpoints", "closes", ends.size());
  EXPECT_EQ(table_in(window.text_of("copied", "press_and", "Copy", "Down", "Return"), "Port"), ends);
  window.tell("close");
}

/// Session 0 of this capture is in TCP stream 2. Where Follow has no place for others, it follows TCP.
TEST(ConversationsAndEndpoints, FollowTheOneThatIsSelected) {
  Window window("socketio");
  open_table(window, "Conversations", "socketio", 1);
  window.tell("select", "127.0.0.1");
  window.tell("press", "Follow Stream…");
  EXPECT_THAT(
      window.text_of("window", ".*Follow.*"),
      HasSubstr(is_later_than_4_0 ? "WebSocket Lens Stream (wslens.session eq 0)" : "TCP Stream (tcp.stream eq 2)"));
  EXPECT_THAT(window.text_of("text"), HasSubstr("3probe"));
}

}  // namespace
}  // namespace wslens::test
