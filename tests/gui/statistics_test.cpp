// SPDX-License-Identifier: GPL-2.0-or-later
/// Statistics ▸ WebSocket Lens, held against what tshark prints.
#include <gmock/gmock.h>

#include <algorithm>

#include "window.h"

namespace wslens::test {
namespace {

using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::SizeIs;
using testing::UnorderedElementsAreArray;

std::vector<std::string> first_cells(const Window::Rows& rows) {
  std::vector<std::string> cells;
  for (const auto& row : rows) cells.push_back(row.at(0));
  return cells;
}

/// The first column of what tshark prints, between the second line of dashes and the empty one.
std::vector<std::string> printed_lines(const std::string& filter) {
  const std::string tree = "websocket_conformance,tree" + (filter.empty() ? "" : "," + filter);
  std::vector<std::string> lines;
  bool inside = false;
  for (const std::string& line : lines_of(tshark("server-violations", {"-2", "-q", "-z", tree}).out)) {
    if (line.empty()) inside = false;
    const auto begin = line.find_first_not_of(' ');
    if (inside) lines.push_back(line.substr(begin, line.find("  ", begin) - begin));
    if (line.starts_with("---")) inside = true;
  }
  return lines;
}

TEST(Statistics, ConformanceNamesEachEndAndItsBrokenRules) {
  Window window("server-violations");
  EXPECT_THAT(window.words_of("menu_names", "Statistics", "WebSocket Lens"), Contains("Conformance"));
  window.tell("menu", "Statistics", "WebSocket Lens", "Conformance");
  EXPECT_THAT(window.text_of("window", ".*Conformance.*"), EndsWith("Conformance · server-violations.pcapng"));

  EXPECT_THAT(first_cells(window.rows_of("rows")), UnorderedElementsAreArray(printed_lines("")));
  EXPECT_THAT(window.text_of("copied", "press", "Copy"),
              HasSubstr(R"(packet 40: wslens.rule == "server-frame-masked" && wslens.session == 2)"));
  window.tell("picture", "conformance", "window");
  window.tell("close");
}

TEST(Statistics, ConformanceFollowsTheFilterOfItsWindow) {
  Window window("server-violations");
  window.tell("menu", "Statistics", "WebSocket Lens", "Conformance");
  window.tell("window", ".*Conformance.*");
  window.tell("fill", "Display filter entry", "wslens.session == 2");
  window.tell("press", "Apply");
  const std::vector<std::string> expected = printed_lines("wslens.session == 2");
  window.tell("until", "count", expected.size());
  EXPECT_THAT(first_cells(window.rows_of("rows")), UnorderedElementsAreArray(expected));
  const std::string text = window.text_of("copied", "press", "Copy");
  EXPECT_THAT(text, HasSubstr("server-frame-masked"));
  EXPECT_THAT(text, testing::Not(HasSubstr("rsv2-or-rsv3-set")));
}

TEST(Statistics, CloseCodesNameTheReasons) {
  Window window("closes");
  window.tell("menu", "Statistics", "WebSocket Lens", "Close Codes");
  window.tell("window", ".*Close Codes.*");
  const auto cells = first_cells(window.rows_of("rows"));
  std::size_t reasons = 0;
  for (const nlohmann::json& session : report("closes", "sessions-json"))
    for (const char* end : {"client", "server"}) {
      const nlohmann::json close = session["close"][end];
      if (!close.is_object() || !close["reason"].is_string() || close["reason"].get<std::string>().empty()) continue;
      // 80 characters of it
      EXPECT_THAT(cells, Contains(testing::StartsWith('"' + close["reason"].get<std::string>().substr(0, 40))));
      ++reasons;
    }
  EXPECT_GE(reasons, 10U);
  window.tell("picture", "close-codes", "window");
}

/// The rows of a tree as text, sorted: those between the second line of dashes and the empty one, without indentation.
std::vector<std::string> tree_rows(const std::string& text) {
  std::vector<std::string> rows;
  int dashes = 0;
  for (const std::string& line : lines_of(text)) {
    const auto begin = line.find_first_not_of(' ');
    if (line.starts_with("---"))
      ++dashes;
    else if (dashes == 1 && begin != std::string::npos)
      rows.push_back(line.substr(begin));
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

struct Statistic {
  const char* menu;
  const char* option;  ///< of tshark's -z
};

/// Title, text, and the field for a filter at the bottom.
TEST(Statistics, OfEachEntrySayWhatTsharkSays) {
  const std::string sample = "deflate-fragmented";
  const std::string filter = R"(wslens.direction == "client-to-server")";
  Window window(sample);
  const std::vector<Statistic> statistics{{"Messages", "websocket_messages,tree"},
                                          {"Close Codes", "websocket_close,tree"},
                                          {"Compression", "websocket_compression,tree"},
                                          {"Ping Round-Trip Times", "websocket_pings,tree"}};
  for (const auto& [menu, option] : statistics) {
    SCOPED_TRACE(menu);
    const auto printed = [&, name = std::string(option)](const std::string& more) {
      return tree_rows(tshark(sample, {"-2", "-q", "-z", name + more}).out);
    };
    const auto whole = printed("");
    const auto filtered = printed("," + filter);
    ASSERT_THAT(whole, SizeIs(testing::Gt(2U)));
    ASSERT_NE(whole, filtered);
    window.tell("menu", "Statistics", "WebSocket Lens", menu);
    window.tell("window", ".*" + std::string(menu) + " · " + sample + ".pcapng");
    const auto copied = [&] { return tree_rows(window.text_of("copied", "press", "Copy")); };
    EXPECT_EQ(eventually(copied, whole), whole);
    window.tell("fill", "Display filter entry", filter);
    window.tell("press", "Apply");
    EXPECT_EQ(eventually(copied, filtered), filtered);
    window.tell("close");
  }
}

}  // namespace
}  // namespace wslens::test
