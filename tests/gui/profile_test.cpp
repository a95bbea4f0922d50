// SPDX-License-Identifier: GPL-2.0-or-later
/// The profile "WebSocket", and the preferences.
#include <gmock/gmock.h>

#include "window.h"

namespace wslens::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsSupersetOf;

TEST(Profiles, ListTheOneForWebSockets) {
  Window window("seed-demo");
  window.tell("menu", "Edit", "Configuration Profiles");
  window.tell("window", ".*Configuration Profiles");
  EXPECT_THAT(window.rows_of("rows"), Contains(ElementsAre("WebSocket", "Global")));
  window.tell("picture", "profiles", "window");
  window.tell("close");
}

TEST(Profiles, TheOneForWebSocketsHasColumnsAndButtons) {
  Window window("pings", {.packet = 16, .profile = "WebSocket"});
  EXPECT_THAT(window.words_of("columns", "Packet list"),
              ElementsAre("No.", "Time", "Source", "Destination", "Session", "Direction", "Type", "Bytes", "Ping RTT",
                          "Protocol", "Info"));
  EXPECT_THAT(window.words_of("labels"), IsSupersetOf({"problems", "closes", "no heartbeats", "big messages"}));
  window.tell("picture", "profile");
  window.tell("menu", "Statistics", "I/O Graphs");
  window.tell("window", ".*I/O Graphs.*");
  std::vector<std::string> graphs;
  for (const auto& row : window.rows_of("rows")) graphs.push_back(row.at(1));
  EXPECT_THAT(graphs, ElementsAre("Messages", "Bytes in messages", "Ping round-trip time (average)", "Problems"));
  window.tell("picture", "graphs", "window");
}

TEST(PreferencesPage, ShowsOurs) {
  Window window("seed-demo");
  window.tell("menu", "Edit", "Preferences");
  window.tell("window", ".*Preferences");
  window.tell("select", "Protocols");
  window.tell("keys", "Right");
  window.tell("type", "WebSocket Lens");
  window.tell("picture", "preferences", "window");
  EXPECT_THAT(window.words_of("labels"), IsSupersetOf({"Keep at most of a message (KiB)", "Sessions to follow",
                                                       "Recognise WebSockets whose handshake was not captured"}));
  window.tell("close");
}

}  // namespace
}  // namespace wslens::test
