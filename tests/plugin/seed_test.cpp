// SPDX-License-Identifier: GPL-2.0-or-later
/// The seed's session, from SYN to FIN: each packet says what it is. A small set, so it also runs under the sanitizers.
#include <gtest/gtest.h>

#include "support/lens_view.h"

namespace wslens::test {
namespace {

using Packets = std::map<int, PacketView>;

std::string field(const Packets& packets, int number, const std::string& name) {
  const auto& fields = packets.at(number).fields;
  const auto found = fields.find(name);
  return found == fields.end() ? "" : found->second;
}

TEST(SeedSmoke, EachPacketStandsInItsPhase) {
  const Packets packets = lens_view("seed-demo", {"-2"});
  ASSERT_EQ(packets.size(), 18U);
  const std::map<int, std::string> phases{
      {1, "tcp-handshake"}, {2, "tcp-handshake"}, {3, "tcp-handshake"}, {4, "upgrade-request"}, {6, "upgrade-response"},
      {8, "data"},          {10, "data"},         {11, "data"},         {13, "closing"},        {14, "closing"},
      {16, "tcp-close"},    {17, "tcp-close"},    {18, "tcp-close"}};
  for (const auto& [number, packet] : packets) {
    const auto phase = phases.find(number);
    EXPECT_EQ(field(packets, number, "wslens.phase"), phase == phases.end() ? "" : phase->second)
        << "packet " << number;
    EXPECT_EQ(field(packets, number, "wslens.session"), "0") << "packet " << number;
  }
}

TEST(SeedSmoke, EachPacketIsLinkedToTheOthers) {
  const Packets packets = lens_view("seed-demo", {"-2"});
  const std::map<std::string, std::string> links{{"syn", "1"},         {"syn_ack", "2"},       {"ack", "3"},
                                                 {"request", "4"},     {"response", "6"},      {"first_data", "8"},
                                                 {"last_data", "11"},  {"close_client", "13"}, {"close_server", "14"},
                                                 {"fin_server", "16"}, {"fin_client", "17"},   {"last_ack", "18"}};
  for (const auto& [number, packet] : packets)
    for (const auto& [link, target] : links)
      EXPECT_EQ(field(packets, number, "wslens.frame." + link), target) << link << " in packet " << number;
}

TEST(SeedSmoke, InOnePassTheRequestCarriesTheLinksBack) {
  const Packets packets = lens_view("seed-demo");
  EXPECT_TRUE(packets.at(1).fields.empty());
  EXPECT_EQ(field(packets, 4, "wslens.frame.syn"), "1");
  EXPECT_EQ(field(packets, 4, "wslens.frame.syn_ack"), "2");
  EXPECT_EQ(field(packets, 4, "wslens.frame.ack"), "3");
}

TEST(SeedSmoke, TheAcceptValueIsRecomputed) {
  const Packets packets = lens_view("seed-demo");
  EXPECT_EQ(field(packets, 6, "wslens.handshake.accept"), "0i996UgwWFzZ/RfVfoDfUjakgeY=");
  EXPECT_EQ(field(packets, 6, "wslens.handshake.accept_expected"), "0i996UgwWFzZ/RfVfoDfUjakgeY=");
  EXPECT_EQ(field(packets, 6, "wslens.handshake.accept_ok"), "1");
}

TEST(SeedSmoke, TheInfoColumnSaysWhatMatters) {
  const Packets packets = lens_view("seed-demo", {"-2"});
  EXPECT_EQ(packets.at(8).info, "server \u2192 client  Text 9 B \"something\"");
  EXPECT_EQ(packets.at(10).info, "client \u2192 server  Text 5 B \"hello\"");
  EXPECT_EQ(packets.at(13).info, "client \u2192 server  Close without a code");
  EXPECT_NE(packets.at(1).info.find("[WebSocket 0: opens ws://127.0.0.1:8080/]"), std::string::npos);
  EXPECT_NE(packets.at(16).info.find("[WebSocket 0: server closes TCP]"), std::string::npos);
}

/// Without fields, filters or -V tshark builds no tree; the columns must not notice.
TEST(SeedSmoke, TheInfoColumnDoesNotDependOnTheTree) {
  const auto without = lines_of(tshark("seed-demo", {"-o", "gui.column.format:\"Info\",\"%i\""}).out);
  const auto with = lens_view("seed-demo");
  ASSERT_EQ(without.size(), with.size());
  for (const auto& [number, packet] : with) {
    std::string line = without[static_cast<std::size_t>(number) - 1];
    while (!line.empty() && line.back() == ' ') line.pop_back();
    std::string info = packet.info;
    while (!info.empty() && info.back() == ' ') info.pop_back();
    EXPECT_EQ(line, info);
  }
}

/// What the author of the article got wrong, the packets themselves now say.
TEST(SeedSmoke, TheWordsWouldHaveSparedTheSeedsMistakes) {
  const Packets packets = lens_view("seed-demo", {"-2"});
  EXPECT_NE(field(packets, 3, "wslens.explanation").find("from here on both sides may send"), std::string::npos);
  EXPECT_NE(field(packets, 6, "wslens.explanation").find("between the same two ports"), std::string::npos);
  EXPECT_NE(field(packets, 6, "wslens.explanation").find("Compression was offered and declined"), std::string::npos);
  EXPECT_NE(field(packets, 13, "wslens.explanation").find("TCP itself stays open"), std::string::npos);
}

TEST(SeedSmoke, TheStoryTellsItFromSynToFin) {
  const Result story = tshark("seed-demo", {"-q", "-z", "wslens,story"});
  EXPECT_EQ(story.status, 0);
  std::size_t at = 0;
  for (const char* words :
       {"SYN ---", "SYN, ACK", "ACK ---", "Upgrade: websocket", "101 Switching Protocols", "\"something\"", "\"hello\"",
        "\"hello too!\"", "CLOSE, no code", "CLOSE, no code", "FIN", "FIN", "Closed cleanly"}) {
    at = story.out.find(words, at);
    ASSERT_NE(at, std::string::npos) << words;
    ++at;
  }
}

}  // namespace
}  // namespace wslens::test
