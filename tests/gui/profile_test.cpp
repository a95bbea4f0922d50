// SPDX-License-Identifier: GPL-2.0-or-later
/// The profile "WebSocket", and the preferences.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include "support/lens_view.h"
#include "window.h"

namespace wslens::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;

/// Messages and problems, by second; seconds without any are missing.
using Counts = std::map<int, std::pair<int, int>>;

/// Comma-separated: the second, messages, problems.
Counts counts_in(const std::string& csv) {
  Counts counts;
  for (const std::string& line : lines_of(csv)) {
    int second = 0;
    int messages = 0;
    int problems = 0;
    char comma = 0;
    std::istringstream cells(line);
    const bool whole(cells >> second >> comma >> messages >> comma >> problems);
    if (whole && messages + problems != 0) counts[second] = {messages, problems};
  }
  return counts;
}

Counts counts_of(const std::string& sample) {
  Counts counts;
  const Arguments fields{"frame.time_relative", "wslens.message.type", "wslens.rule", "wslens.finding"};
  for (const FieldRow& row : field_rows(sample, fields, {"-2"})) {
    const int messages = static_cast<int>(row[1].size());
    const int problems = row[2].empty() && row[3].empty() ? 0 : 1;
    if (messages + problems == 0) continue;
    auto& [sum_of_messages, sum_of_problems] = counts[std::stoi(row[0].at(0))];
    sum_of_messages += messages;
    sum_of_problems += problems;
  }
  return counts;
}

TEST(Profiles, ListTheOneForWebSockets) {
  Window window("seed-demo");
  window.tell("menu", "Edit", "Configuration Profiles");
  window.tell("window", ".*Configuration Profiles");
  std::vector<std::string> profiles;
  for (const auto& row : window.rows_of("rows")) profiles.push_back(row.at(0) + ", " + row.at(1));
  EXPECT_THAT(profiles, Contains("WebSocket, Global"));
  window.tell("picture", "profiles", "window");
  window.tell("close");
}

TEST(Profiles, TheOneForWebSocketsHasColumnsAndButtons) {
  Window window("pings", {.packet = 16, .profile = "WebSocket"});
  EXPECT_THAT(window.words_of("columns", "Packet list"),
              ElementsAre("No.", "Time", "Source", "Destination", "Session", "Direction", "Type", "Bytes", "Ping RTT",
                          "Protocol", "Info"));
  EXPECT_THAT(window.words_of("labels"), IsSupersetOf({"problems", "closes", "no heartbeats", "big messages"}));
  const auto type_of = [&](int packet) { return window.words_of("packet", packet).at(6); };
  EXPECT_EQ(type_of(8), "Ping");
  EXPECT_EQ(type_of(10), "Pong");
  EXPECT_EQ(type_of(16), "Text");
  window.tell("goto", 16);
  window.tell("picture", "profile");
  window.tell("menu", "Statistics", "I/O Graphs");
  window.tell("window", ".*I/O Graphs.*");
  std::vector<std::string> graphs;
  for (const auto& row : window.rows_of("rows")) graphs.push_back(row.at(1));
  EXPECT_THAT(graphs, ElementsAre("Messages", "Bytes in messages", "Ping round-trip time (average)", "Problems"));
  window.tell("picture", "graphs", "window");
  const std::string csv = window.text_of("copied", "press", "Copy");
  EXPECT_EQ(counts_in(csv), counts_of("pings")) << csv;
}

/// A button for each filter; the status bar counts what is left of the packets.
TEST(Profiles, TheButtonsFilterTheList) {
  const std::string sample = "pings";
  const std::map<std::string, std::string> filters{
      {"problems", R"(wslens.rule || wslens.finding || wslens.message.trust != "exact")"},
      {"closes", R"(wslens.phase == "closing" || wslens.phase == "tcp-close")"},
      {"no heartbeats", "wslens.session && !wslens.heartbeat"}};
  Window window(sample, {.profile = "WebSocket"});
  for (const auto& [button, filter] : filters) {
    const std::size_t left = field_rows(sample, {"frame.len"}, {"-2", "-Y", filter}).size();
    ASSERT_GT(left, 0U) << filter;
    const auto counted = [&, wanted = " · Displayed: " + std::to_string(left) + " ("] {
      return std::ranges::any_of(window.words_of("labels"), [&](const std::string& label) {
        return label.starts_with("Packets: ") && label.find(wanted) != std::string::npos;
      });
    };
    window.tell("press", button);
    EXPECT_TRUE(eventually(counted, true)) << button << ": " << left;
  }
}

TEST(Profiles, TheColoursSayWhatAPacketIs) {
  Window window("pings", {.profile = "WebSocket"});
  for (const auto& [packet, rule] : std::map<int, std::string>{{4, "handshake"}, {8, "Ping or Pong"}, {16, "text"}}) {
    window.tell("goto", packet);
    window.tell("unfold", "Frame " + std::to_string(packet));
    EXPECT_THAT(window.text_of("copied", "trigger", "Edit", "Copy", "All Visible Items"),
                HasSubstr("[Coloring Rule Name: WebSocket: " + rule + "]"));
  }
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
