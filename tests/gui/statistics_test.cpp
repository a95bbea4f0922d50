// SPDX-License-Identifier: GPL-2.0-or-later
/// Statistics ▸ WebSocket Lens.
#include <gmock/gmock.h>

#include "window.h"

namespace wslens::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
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
  EXPECT_EQ(window.text_of("window", ".*Conformance.*"), "Wireshark · Conformance · server-violations.pcapng");

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

}  // namespace
}  // namespace wslens::test
