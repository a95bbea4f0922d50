// SPDX-License-Identifier: GPL-2.0-or-later
/// What else hangs in Wireshark's menus: File ▸ Export Objects, Statistics ▸ Flow Graph, Analyze ▸ Conversation Filter,
/// Tools ▸ WebSocket Lens.
#include <gmock/gmock.h>

#include <filesystem>
#include <map>

#include "support/truth.h"
#include "window.h"

namespace wslens::test {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;

TEST(ExportObjects, SavesAllMessagesInTheChosenFolder) {
  const std::string folder = temporary_folder("saved");
  Window window("export-kinds");
  window.tell("menu", "File", "Export Objects", "WebSocket Lens…");
  window.tell("window", ".*Export.*");
  const Window::Rows rows = window.rows_of("rows");
  window.tell("picture", "export", "window");
  window.tell("press", "Save All");
  window.tell("window", ".*Save All.*");
  window.tell("fill", "Directory:", folder);
  window.tell("keys", "Return");
  window.tell("window", ".*Export.*");

  std::map<std::string, std::string> wanted;
  std::size_t row = 0;
  for (const json& message : report("export-kinds", "messages-json"))
    if (message["number"].is_number()) wanted[rows.at(row++).at(4)] = data_of(message);
  ASSERT_EQ(wanted.size(), 7U);
  for (const auto& [name, bytes] : wanted) EXPECT_EQ(read_file(std::filesystem::path(folder) / name), bytes) << name;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    EXPECT_EQ(wanted.count(entry.path().filename()), 1U) << entry.path();
}

/// On loopback, where Wireshark's own flows have one column for both ends.
TEST(FlowGraph, DrawsTheLifecycleBetweenTwoEnds) {
  Window window("seed-demo");
  window.tell("menu", "Statistics", "Flow Graph");
  window.tell("window", ".*Flow.*");
  window.tell("choose", "WebSocket lifecycle");
  EXPECT_THAT(window.words_of("labels"), Contains(HasSubstr("2 node(s), 13 item(s)")));
  window.tell("picture", "flow", "window");
}

TEST(ConversationFilter, ShowsTheSessionOfTheSelectedPacket) {
  Window window("closes", {.packet = 20});
  window.tell("menu", "Analyze", "Conversation Filter", "WebSocket session");
  EXPECT_EQ(window.text_of("text"), "wslens.session == 1");
}

TEST(Tools, ShowAllMessagesOfASession) {
  Window window("seed-demo", {.packet = 8});
  window.tell("menu", "Tools", "WebSocket Lens", "Messages of This Session");
  EXPECT_EQ(window.text_of("window", ".*messages of session.*"), "Wireshark · WebSocket Lens: messages of session 0");
  EXPECT_EQ(window.text_of("text"),
            "server → client  [0.004338 s, packet 8: text 1, 9 B]\nsomething\n\n"
            "client → server  [0.392313 s, packet 10: text 1, 5 B]\nhello\n\n"
            "server → client  [0.393433 s, packet 11: text 2, 10 B]\nhello too!\n\n"
            "client → server  [0.735376 s, packet 13: close, 0 B]\nClose without a code\n\n"
            "server → client  [0.737090 s, packet 14: close, 0 B]\nClose without a code\n\n");
  window.tell("picture", "messages", "window");
}

TEST(Tools, SayWhatToDoWhereThereIsNoSession) {
  Window window("negative-download");
  window.tell("menu", "Tools", "WebSocket Lens", "Messages of This Session");
  window.tell("window", ".*WebSocket Lens.*");
  EXPECT_THAT(window.text_of("text"), HasSubstr("belongs to no WebSocket"));
}

TEST(SessionTable, FollowsTheFilterOfItsWindow) {
  Window window("closes");
  window.tell("menu", "Statistics", "WebSocket Sessions");
  window.tell("window", ".*Sessions.*");
  EXPECT_EQ(window.rows_of("rows").size(), report("closes", "sessions-json").size());
  window.tell("picture", "sessions", "window");
  window.tell("fill", "Display filter entry", "wslens.session == 2");
  window.tell("press", "Apply");
  window.tell("until", "count", 1);
  EXPECT_EQ(window.rows_of("rows").at(0).at(2), "ws://127.0.0.1:9700/client-3000");
}

}  // namespace
}  // namespace wslens::test
