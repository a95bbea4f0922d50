// SPDX-License-Identifier: GPL-2.0-or-later
/// What else hangs in Wireshark's menus: File ▸ Export Objects, Statistics ▸ Flow Graph, Analyze ▸ Conversation Filter,
/// Tools ▸ WebSocket Lens.
#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <utility>

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

  const std::string file = temporary_folder("flow") + "/flow.txt";
  window.tell("press", "Export");
  window.tell("window", ".*Save Graph As.*");
  window.tell("choose", "ASCII (*.txt)");
  window.tell("fill", "File name:", file);
  window.tell("keys", "Return");
  EXPECT_EQ(window.text_of("file", file), tshark("seed-demo", {"-2", "-q", "-z", "flow,wslens,standard"}).out);
}

TEST(ConversationFilter, ShowsTheSessionOfTheSelectedPacket) {
  Window window("closes", {.packet = 20});
  window.tell("menu", "Analyze", "Conversation Filter", "WebSocket session");
  EXPECT_EQ(window.text_of("text"), "wslens.session == 1");
}

/// The context menu of a packet: Colorize Conversation is the seventh entry from below, WebSocket session the last one
/// in it that is not grey.
TEST(ConversationFilter, ColoursTheSessionOfTheSelectedPacket) {
  Window window("closes");
  window.tell("context_menu", 8, "Up", "Up", "Up", "Up", "Up", "Up", "Up", "Right", "Up", "Right", "Return");
  for (const auto& [packet, session] : {std::pair{4, true}, std::pair{22, false}}) {
    window.tell("goto", packet);
    window.tell("unfold", "Frame " + std::to_string(packet));
    const std::string details = window.text_of("copied", "trigger", "Edit", "Copy", "All Visible Items");
    EXPECT_EQ(details.find("[Coloring Rule String: wslens.session == 0]") != std::string::npos, session) << details;
  }
}

/// Of the packets 1 to 10.
std::vector<std::string> info_column(Window& window) {
  std::vector<std::string> cells;
  for (int packet = 1; packet <= 10; ++packet) cells.push_back(window.words_of("packet", packet).back());
  return cells;
}

/// Decode As is the last but one entry of a packet's context menu. The window then asks for the protocol of that port.
TEST(DecodeAs, TakesALateStartFromItsFirstFrameOn) {
  std::vector<std::string> wanted = lines_of(
      tshark("late-start-plain", {"-2", "-d", "tcp.port==40001,wslens", "-T", "fields", "-e", "_ws.col.Info"}).out);
  wanted.resize(10);
  Window window("late-start-plain");
  ASSERT_THAT(info_column(window).at(0), HasSubstr("[PSH, ACK]"));
  ASSERT_THAT(wanted.at(0), HasSubstr("Text 14 B"));
  window.tell("context_menu", 1, "Up", "Up", "Return");
  window.tell("window", ".*Decode As.*");
  EXPECT_EQ(window.rows_of("rows").at(0).at(1), "40001");
  const auto choose = [&] {  // a slow machine may take it for several words
    window.tell("select_cell", 0, 4);
    window.tell("type", "WebSocket Lens");
    window.tell("keys", "Return");
    window.tell("select_cell", 0, 0);
    return window.rows_of("rows").at(0).at(4);
  };
  ASSERT_EQ(eventually(choose, std::string("WebSocket Lens")), "WebSocket Lens");
  window.tell("picture", "decode-as", "window");
  window.tell("press", "OK");
  window.tell("main_window");
  EXPECT_EQ(eventually([&] { return info_column(window); }, wanted), wanted);
}

/// What comes when an entry is chosen: a window with this title, or the text of the display filter.
struct Effect {
  std::vector<std::string> path;
  std::string window, filter;
};

/// Nothing in a menu does nothing: each entry that is ours, and there is no other.
TEST(Menus, EachEntryOfTheLensDoesSomething) {
  std::vector<Effect> effects{
      {{"File", "Export Objects", "WebSocket Lens…"}, ".*Export.*WebSocket Lens object list.*", ""},
      {{"Analyze", "Conversation Filter", "WebSocket session"}, "", "wslens.session == 0"},
      {{"Statistics", "WebSocket Lens", "Close Codes"}, ".*Close Codes · seed-demo.*", ""},
      {{"Statistics", "WebSocket Lens", "Compression"}, ".*Compression · seed-demo.*", ""},
      {{"Statistics", "WebSocket Lens", "Conformance"}, ".*Conformance · seed-demo.*", ""},
      {{"Statistics", "WebSocket Lens", "Messages"}, ".*Messages · seed-demo.*", ""},
      {{"Statistics", "WebSocket Lens", "Ping Round-Trip Times"}, ".*Ping Round-Trip Times · seed-demo.*", ""},
      {{"Statistics", "WebSocket Sessions"}, ".*WebSocket Sessions · seed-demo.*", ""},
      {{"Tools", "WebSocket Lens", "Messages of This Session"}, ".*messages of session 0", ""},
  };
  if (is_later_than_4_0)
    effects.push_back({{"Analyze", "Follow", "WebSocket Lens Stream"}, ".*Follow.*WebSocket Lens.*", ""});
  Window window("seed-demo", {.packet = 8});
  std::vector<std::string> paths;
  for (const Effect& effect : effects) {
    std::string path;
    for (const std::string& name : effect.path) path += (path.empty() ? "" : " ▸ ") + name;
    paths.push_back(path);
    SCOPED_TRACE(path);
    json command = json::array({"menu"});
    for (const std::string& name : effect.path) command.push_back(name);
    window.ask(command);
    if (effect.window.empty()) {
      EXPECT_EQ(window.text_of("text"), effect.filter);
      continue;
    }
    EXPECT_NE(window.text_of("window", effect.window), "");
    window.tell("close");
  }
  if (is_later_than_4_0) paths.emplace_back("Analyze ▸ Follow ▸ WebSocket Stream");  // Wireshark's own
  EXPECT_THAT(window.words_of("entries", "WebSocket"), testing::UnorderedElementsAreArray(paths));
}

/// Analyze ▸ Follow.
void expect_followed(Window& window) {
  window.tell("menu", "Analyze", "Follow", "WebSocket Lens Stream");
  window.tell("window", ".*Follow.*WebSocket Lens.*");
  EXPECT_EQ(window.text_of("text"),
            "server to client  [0.004338 s, packet 8: text 1, 9 B]\nsomething\n\n"
            "client to server  [0.392313 s, packet 10: text 1, 5 B]\nhello\n\n"
            "server to client  [0.393433 s, packet 11: text 2, 10 B]\nhello too!\n\n"
            "client to server  [0.735376 s, packet 13: close, 0 B]  Close without a code\n\n\n"
            "server to client  [0.737090 s, packet 14: close, 0 B]  Close without a code\n");
  window.tell("picture", "follow", "window");
}

/// Below Tools in all versions, and below Analyze where there is a place for it: 4.0 has none.
TEST(Messages, OfASessionStandInAWindow) {
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
  window.tell("close");
  if (is_later_than_4_0) expect_followed(window);
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
  const std::string copied = window.text_of("copied", "press", "Copy");
  for (const json& session : report("closes", "sessions-json", {"-2"}))
    EXPECT_THAT(copied, HasSubstr(session["verdict"].get<std::string>()));
  window.tell("resize", 1490, 600);
  window.tell("picture", "sessions", "window");
  window.tell("fill", "Display filter entry", "wslens.session == 2");
  window.tell("press", "Apply");
  window.tell("until", "count", 1);
  const auto row = window.rows_of("rows").at(0);
  EXPECT_EQ(row.at(1), "ws://127.0.0.1:9700/client-3000");
  EXPECT_EQ(row.at(3), "cleanly, 3000");
}

}  // namespace
}  // namespace wslens::test
