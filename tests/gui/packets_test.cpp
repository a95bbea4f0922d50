// SPDX-License-Identifier: GPL-2.0-or-later
/// The packet list and the details, whatever was clicked on before.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>

#include "support/truth.h"
#include "window.h"

namespace wslens::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;

/// What is ours of a packet's details, as text: from the first WebSocket entry on.
std::string lens_part(const std::string& details) {
  std::string part;
  bool ours = false;
  for (const std::string& line : lines_of(details)) {
    ours = ours || line == "WebSocket" || line.starts_with("[WebSocket Lens");
    if (ours && !line.empty()) part += line + '\n';
  }
  return part;
}

/// What tshark says of each packet.
std::map<int, std::string> printed_details(const std::string& capture, const Arguments& arguments) {
  std::map<int, std::string> details;
  int number = 0;
  for (const std::string& line : lines_of(tshark(capture, arguments).out)) {
    if (line.starts_with("Frame ")) number = std::stoi(line.substr(6));
    details[number] += line + '\n';
  }
  for (auto& [each, text] : details) text = lens_part(text);
  return details;
}

/// The middle ones of all groups of three packets; nearly each comes behind another one than that in front of it.
std::vector<int> any_order(std::size_t packets) {
  std::vector<int> numbers((packets + 2) / 3);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int>(std::min(3 * i + 2, packets));
  std::shuffle(numbers.begin(), numbers.end(), std::mt19937(7));  // NOLINT(bugprone-random-generator-seed)
  numbers.resize(std::min<std::size_t>(numbers.size(), 12));
  return numbers;
}

class Clicks : public testing::TestWithParam<std::string> {};

/// Packets from everywhere: a third by their number, a third with a key, a third with the mouse. Two passes of tshark
/// say the same word for word, one pass says nothing else.
TEST_P(Clicks, InAnyOrderShowWhatTsharkShows) {
  const auto expected = printed_details(GetParam(), {"-2", "-V"});
  auto one_pass = printed_details(GetParam(), {"-V"});
  const int packets = static_cast<int>(expected.size());
  ASSERT_GE(packets, 10);
  Window window(GetParam());
  window.tell("menu", "View", "Expand All");
  const bool comes_late = GetParam() == "split-101-out-of-order";  // before its 101 nobody knows what a packet is
  int seen = 0;
  const auto compare = [&](int number) {
    SCOPED_TRACE("packet " + std::to_string(number));
    const std::string shown = lens_part(window.text_of("copied", "trigger", "Edit", "Copy", "All Visible Items"));
    EXPECT_EQ(shown, expected.at(number));
    EXPECT_TRUE(comes_late || is_subsequence(lines_of(one_pass[number]), lines_of(shown))) << one_pass[number];
    ++seen;
  };
  const std::vector<int> order = any_order(expected.size());
  for (const int number : order) {
    window.tell("goto", number);
    compare(number);
    window.tell("step", "ctrl+Up", number - 1);
    compare(number - 1);
    window.tell("click_packet", number);  // it is on the screen: it was selected just before
    compare(number);
  }
  EXPECT_EQ(seen, 3 * static_cast<int>(order.size()));
}

INSTANTIATE_TEST_SUITE_P(Gui, Clicks,
                         testing::Values("defect-06-two-fragmented-in-one-segment", "split-101-out-of-order",
                                         "lost-three", "server-violations"),
                         [](const auto& sample) {
                           std::string name = sample.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Details, AreInTheOrderInWhichAPersonReads) {
  Window window("server-violations", {.packet = 46});
  window.tell("goto", 40);  // and the packets behind it are in the picture
  window.tell("unfold", "WebSocket Lens:");
  const Window::Rows rows = window.rows_of("rows", "Packet details");
  std::vector<std::string> entries;
  for (const auto& row : rows)
    for (const char* each : {"[Session:", "[What happens here:", "[Text ", "[Packets of this WebSocket", "[Verdict"})
      if (row.at(0).starts_with(each)) entries.emplace_back(each);
  EXPECT_THAT(entries,
              ElementsAre("[Session:", "[What happens here:", "[Text ", "[Packets of this WebSocket", "[Verdict"));
  EXPECT_EQ(rows.at(4).at(0), "WebSocket") << "the frame, in front of what it means";
  window.tell("unfold", "Text");
  window.tell("picture", "broken-rule");
}

TEST(Details, ALinkLeadsToItsPacket) {
  Window window("seed-demo", {.packet = 10});
  window.tell("unfold", "WebSocket Lens:", "Text");
  window.tell("picture", "seed-demo");
  window.tell("unfold", "Packets of this WebSocket");
  window.tell("double_click", "[Upgrade request: 4]");
  window.tell("details_of", 4);
}

/// The bytes on the wire, and beside them what they become; the ones of the selected line are highlighted, and the
/// status bar says how many those are.
TEST(PacketBytes, HaveATabForWhatIsUnmaskedAndInflated) {
  Window window("deflate-takeover", {.packet = 11});
  window.tell("menu", "View", "Packet Bytes");
  EXPECT_THAT(window.words_of("labels"),
              IsSupersetOf({"Unmasked WebSocket payload (3 bytes)", "Inflated WebSocket message (1 byte)"}));
  window.tell("unfold", "WebSocket");
  window.tell("select", "Masked payload");
  EXPECT_THAT(window.words_of("labels"), Contains("Masked payload (websocket.masked_payload), 3 byte(s)"));
  window.tell("picture", "bytes");
}

TEST(PacketList, InfoSaysWhatTheMessageIs) {
  Window window("seed-demo");
  const Window::Rows rows = window.rows_of("rows", "Packet list");
  ASSERT_EQ(rows.size(), 18U);
  EXPECT_EQ(rows[9].back(), R"(client → server  Text 5 B "hello")");
  EXPECT_THAT(rows[0].back(), HasSubstr("[WebSocket 0: opens ws://127.0.0.1:8080/]"));
  EXPECT_THAT(rows[17].back(), HasSubstr("[WebSocket 0: TCP closed]"));
  window.tell("unfold", "WebSocket Lens:", "Packets of this WebSocket");
  window.tell("picture", "seed-syn");
}

}  // namespace
}  // namespace wslens::test
