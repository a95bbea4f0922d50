// SPDX-License-Identifier: GPL-2.0-or-later
/// The defects of Wireshark 4.0's own WebSocket dissector, one sample for each: what it shows wrongly, the lens shows
/// as it was.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "support/lens_view.h"
#include "support/truth.h"

namespace wslens::test {
namespace {

using nlohmann::json;
using Texts = std::vector<std::string>;

/// Of the data messages of one session and direction.
Texts texts(const Reports& shown, int session, const std::string& direction) {
  Texts all;
  for (const json& message : shown.messages)
    if (message["session"] == session && message["direction"] == direction && message["number"].is_number())
      all.push_back(data_of(message));
  return all;
}

/// Of each packet that has any, in the order of the tree, as the second pass shows them.
std::map<int, Texts> texts_by_packet(const std::string& sample, const char* field = "wslens.message.text",
                                     const Arguments& passes = {"-2"}) {
  std::map<int, Texts> packets;
  for (const FieldRow& row : field_rows(sample, {field}, passes))
    if (!row[0].empty()) packets[row.number] = row[0];
  return packets;
}

/// The same from the reports: message texts by the packet that has their last byte.
std::map<int, Texts> texts_by_last_packet(const Reports& shown) {
  std::map<int, Texts> packets;
  for (const json& message : shown.messages)
    if (message["type"] == "text" && message["length"] != 0)
      packets[message["last_frame"]].push_back(message["text"].get<std::string>());
  return packets;
}

TEST(Defect01, EmptyFragmentsNeitherJoinNorLoseMessages) {
  const Reports shown = expect_as_sent("defect-01-empty-fragments", Which::data_and_pings);
  for (const char* direction : {"client-to-server", "server-to-client"}) {
    const Texts all = texts(shown, 0, direction);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ((Texts{all[0], all[1]}), (Texts{"first-", "second-end"}));
  }
  const auto empty_close = [](const json& message) { return message["type"] == "close" && message["length"] == 0; };
  EXPECT_EQ(std::count_if(shown.messages.begin(), shown.messages.end(), empty_close), 2);
}

/// The frame that completes the message has no payload of its own.
TEST(Defect01, ATextThatEndsInAnEmptyFragmentStandsInTheTree) {
  const std::string sample = "defect-01-empty-fragments";
  const std::map<int, Texts> wanted{{10, {"first-"}}, {14, {"second-end"}}, {26, {"first-"}}, {30, {"second-end"}}};
  for (const char* field : {"wslens.message.text", "websocket.payload.text"})
    EXPECT_EQ(texts_by_packet(sample, field), wanted) << field;
}

TEST(Defect02, EachTlsRecordOfASegmentHasItsOwnText) {
  const std::string sample = "defect-02-wss-records-in-one-segment";
  const Reports shown = expect_as_sent(sample, Which::data_and_pings);
  const auto by_packet = texts_by_packet(sample);
  EXPECT_EQ(by_packet, texts_by_last_packet(shown));
  EXPECT_EQ(by_packet, texts_by_packet(sample, "wslens.message.text", {}));
  EXPECT_EQ(by_packet, texts_by_packet(sample, "websocket.payload.text"));
  EXPECT_EQ(by_packet.at(22).size(), 4U);
  EXPECT_EQ(by_packet.at(47).size(), 2U) << "behind the 101";
}

TEST(Defect03, AMessageBehindFragmentsInOneSegmentIsThere) {
  const Reports shown = expect_as_sent("defect-03-fragments-then-message", Which::data_and_pings);
  for (const char* alone : {"alone", "alone again"})
    EXPECT_NE(tshark("defect-03-fragments-then-message",
                     {"-2", "-Y", "websocket.payload.text == \"" + std::string(alone) + "\""})
                  .out,
              "")
        << alone;
}

TEST(Defect04, EachDirectionHasItsOwnDeflateContext) {
  const Reports shown = expect_as_sent("defect-04-one-sided-context", Which::data_and_pings);
  const auto compressed = [](const json& message) { return message["compressed"] == true; };
  EXPECT_EQ(std::count_if(shown.messages.begin(), shown.messages.end(), compressed), 8);
  EXPECT_EQ(shown.sessions.at(0)["extensions"], "permessage-deflate; server_no_context_takeover");
}

TEST(Defect05, CompressedFragmentsMakeOneTextHoweverTheyAreCut) {
  const Reports shown = expect_as_sent("defect-05-compressed-fragments", Which::data_and_pings);
  const auto in_fragments = [](const json& message) {
    return message["compressed"] == true && message["fragments"] > 1;
  };
  EXPECT_EQ(std::count_if(shown.messages.begin(), shown.messages.end(), in_fragments), 8);
  const auto by_packet = texts_by_packet("defect-05-compressed-fragments");
  EXPECT_EQ(by_packet, texts_by_last_packet(shown));
}

TEST(Defect06, TwoFragmentedMessagesMayEndInOneSegment) {
  const std::string sample = "defect-06-two-fragmented-in-one-segment";
  expect_as_sent(sample, Which::data_and_pings);
  const std::map<int, Texts> wanted{{10, {"one-one end", "two-two end"}},
                                    {12, {"three-three end", "four-four end"}},
                                    {16, {"one-one end", "two-two end"}},
                                    {18, {"three-three end", "four-four end"}}};
  for (const char* field : {"wslens.message.text", "websocket.payload.text"}) {
    EXPECT_EQ(texts_by_packet(sample, field, {}), wanted) << field;
    EXPECT_EQ(texts_by_packet(sample, field), wanted) << field << ", second pass";
  }
}

TEST(Defect07, FragmentsOfTheTwoDirectionsStayApartOnLoopback) {
  const Reports shown = expect_as_sent("defect-07-loopback-directions", Which::data_and_pings);
  std::set<std::string> types;
  for (const json& message : shown.messages)
    if (message["fragments"] > 1)
      types.insert(message["direction"].get<std::string>() + message["type"].get<std::string>());
  EXPECT_GE(types.size(), 2U) << "the sample has both directions' fragments";
}

TEST(Defect08, ACompressedMessageLargerThan256KiBIsWhole) {
  const Reports shown = expect_as_sent("defect-08-large-masked-compressed", Which::data_and_pings);
  const json& large = shown.messages.at(1);
  EXPECT_EQ(large["compressed"], true);
  EXPECT_GT(large["length"], 256 * 1024);
  EXPECT_EQ(data_of(large).size(), large["length"]);
}

TEST(Defect09, WindowsAreAgreedByNameAndGoingBeyondOneIsReported) {
  const Reports shown = expect_as_sent("defect-09-window-bits", Which::data_and_pings);
  ASSERT_EQ(shown.sessions.size(), 3U);
  EXPECT_TRUE(shown.sessions[0]["rules"].empty()) << shown.sessions[0]["rules"];
  // Its client offers an extension `x-note`, which IANA's registry does not have.
  ASSERT_EQ(shown.sessions[1]["rules"].size(), 1U) << shown.sessions[1]["rules"];
  EXPECT_EQ(shown.sessions[1]["rules"][0]["id"], "request-extension-unregistered");
  EXPECT_EQ(shown.sessions[1]["rules"][0]["by"], "client");
  const json& rules = shown.sessions[2]["rules"];
  ASSERT_EQ(rules.size(), 1U) << rules;
  EXPECT_EQ(rules[0]["id"], "deflate-beyond-window");
  EXPECT_EQ(rules[0]["by"], "server");
  EXPECT_EQ(rules[0]["count"], 1);
  EXPECT_EQ(lines_of(tshark("defect-09-window-bits", {"-Y", "wslens.rule.deflate-beyond-window"}).out).size(), 1U);
}

TEST(Defect11, NobodyDiesOfACompressedMessageOverTwoSegments) {
  const std::string sample = "defect-11-compressed-over-two-segments-then-fragments";
  for (const char* passes : {"-V", "-2V"}) {
    const Result result = tshark(sample, {passes});
    EXPECT_FALSE(result.crashed) << passes;
    EXPECT_EQ(result.status, 0) << passes << result.err;
  }
  const Reports shown = expect_as_sent(sample, Which::data_and_pings);
  EXPECT_EQ(texts_by_packet(sample), texts_by_last_packet(shown));
}

TEST(Defect12, AWebSocketInAConnectTunnelIsASession) {
  const Reports shown = expect_as_sent("defect-12-connect-tunnel", Which::data_and_pings);
  ASSERT_EQ(shown.sessions.size(), 1U);
  EXPECT_EQ(shown.sessions[0]["url"], "ws://example.test/chat");
  EXPECT_EQ(shown.sessions[0]["server"], "192.0.2.80:3128");
  EXPECT_EQ(shown.sessions[0]["clean"], true);
  // From the SYN on, which is that of the tunnel.
  const auto phases = field_rows("defect-12-connect-tunnel", {"wslens.phase"}, {"-2", "-Y", "wslens.phase"});
  ASSERT_FALSE(phases.empty());
  EXPECT_EQ(phases.front().number, 1);
  EXPECT_EQ(phases.front()[0], Texts{"tcp-handshake"});
}

TEST(Defect13, ALengthOf64BitsIsShownAsItIsAndNothingIsMadeUp) {
  const std::string sample = "defect-13-64-bit-length";
  const Reports shown = expect_as_sent(sample, Which::data_and_pings);
  for (const json& message : shown.messages) EXPECT_NE(message["type"], "close");
  std::vector<std::set<std::string>> rules;
  for (const json& session : shown.sessions) {
    EXPECT_TRUE(session["close"]["first"].is_null());
    std::set<std::string>& of_session = rules.emplace_back();
    for (const json& rule : session["rules"])
      of_session.insert(rule["id"].get<std::string>() + " " + rule["by"].get<std::string>());
  }
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].count("length-top-bit-set server"), 0U);
  EXPECT_EQ(rules[1].count("length-top-bit-set server"), 1U);
  // The frame's size is that of the payload and of its header, 10 bytes.
  const std::string list = tshark(sample, {"-2"}).out;
  EXPECT_NE(list.find("of 4294967311"), std::string::npos) << list;           // 2^32 + 5
  EXPECT_NE(list.find("of 9223372036854775823"), std::string::npos) << list;  // 2^63 + 5
  EXPECT_EQ(list.find("hello"), std::string::npos);
}

TEST(Defect14, InflatingGoesOnAfterAFinalBlock) {
  const Reports shown = expect_as_sent("defect-14-bfinal", Which::data_and_pings);
  EXPECT_EQ(texts(shown, 0, "client-to-server").size(), 10U);
  for (const json& session : shown.sessions) EXPECT_TRUE(session["rules"].empty()) << session["rules"];
}

TEST(Defect15, EveryExtensionsLineCounts) {
  const Reports shown = expect_as_sent("defect-15-two-extension-lines", Which::data_and_pings);
  const std::string extensions = shown.sessions.at(0)["extensions"];
  EXPECT_EQ(extensions.rfind("permessage-deflate", 0), 0U) << extensions;
  EXPECT_NE(extensions.find(", "), std::string::npos) << extensions;
  for (const json& message : shown.messages) EXPECT_EQ(message["compressed"], message["number"].is_number()) << message;
}

TEST(Defect16, SegmentsOutOfOrderCostNothingWithDefaultPreferences) {
  const Reports shown = expect_as_sent("defect-16-out-of-order", Which::data_and_pings);
  for (const json& message : shown.messages) EXPECT_EQ(message["trust"], "exact") << message;
}

TEST(Defect18, TheInfoColumnNamesEachFrame) {
  const std::string to_client = "server \u2192 client  ";
  const std::string to_server = "client \u2192 server  ";
  const std::map<int, std::string> wanted{
      {8, to_client + "Text 3 B \"one\" | Ping 3 B \"two\" | Text 5 B \"three\""},
      {10, to_server + "Pong 3 B \"two\", 0.4 ms after the Ping | Binary 10 B"},
      {12, to_client + "Text fragment 4 B | Ping 0 B | Text 9 B in 2 fragments \"fragments\" | Binary 3 B"},
      {14,
       to_server + "Pong 0 B, 0.4 ms after the Ping | Text 10 B \"last words\" | Close 1000 (Normal Closure) \"bye\""},
      {16, to_client + "Close 1000 (Normal Closure)"}};
  for (const Arguments& passes : {Arguments{}, Arguments{"-2"}}) {
    std::map<int, std::string> infos;
    for (const FieldRow& row : field_rows("defect-18-several-frames-in-info", {"_ws.col.Info"},
                                          {passes.empty() ? "-n" : "-2", "-Y", "websocket"}))
      infos[row.number] = row[0].at(0);
    EXPECT_EQ(infos, wanted);
  }
  expect_as_sent("defect-18-several-frames-in-info", Which::data_and_pings);
}

TEST(Defect20, EveryCloseCodeHasAMeaning) {
  const Reports shown = expect_as_sent("defect-20-close-codes", Which::data_and_pings);
  for (const json& session : shown.sessions) EXPECT_TRUE(session["rules"].empty()) << session["rules"];
  const std::map<std::string, std::string> beginnings{
      {"1012", "Service Restart"},      {"1013", "Try Again Later"}, {"1014", "Bad Gateway"}, {"3000", "Unauthorized"},
      {"3999", "Library or framework"}, {"4000", "Private use"},     {"4999", "Private use"}};
  std::map<std::string, int> seen;
  for (const FieldRow& row : field_rows("defect-20-close-codes", {"wslens.close.code", "wslens.close.meaning"},
                                        {"-Y", "wslens.close.code"})) {
    ASSERT_EQ(row[1].size(), 1U) << "packet " << row.number;
    const std::string& code = row[0].at(0);
    EXPECT_EQ(row[1][0].rfind(beginnings.at(code), 0), 0U) << row[1][0];
    ++seen[code];
  }
  EXPECT_EQ(seen.size(), beginnings.size());
  for (const auto& [code, count] : seen) EXPECT_EQ(count, 2) << code;
}

// ---- Follow

constexpr const char* follow_sample = "defect-23-follow";

/// The records of `-z follow,wslens,raw,N`: bytes, in order.
Texts raw_records(const std::string& out) {
  Texts records;
  for (std::string line : lines_of(out)) {
    if (!line.empty() && line[0] == '\t') line.erase(0, 1);
    if (line.empty() || line.find_first_not_of("0123456789abcdef") != std::string::npos) continue;
    std::string bytes;
    for (std::size_t i = 0; i + 1 < line.size(); i += 2)
      bytes += static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16));
    records.push_back(bytes);
  }
  return records;
}

/// Of a Close what it says, too.
std::string heading_of(const json& message, double start) {
  std::ostringstream text;
  text.precision(6);
  text << (message["direction"] == "client-to-server" ? "client to server  [" : "server to client  [") << std::fixed
       << message["time"].get<double>() + message["duration"].get<double>() - start << " s, packet "
       << message["last_frame"] << ": " << message["type"].get<std::string>();
  if (message["number"].is_number()) text << " " << message["number"];
  if (message["trust"] == "undecodable")
    text << ", " << message["wire_length"] << " B on the wire, undecodable]";
  else
    text << ", " << message["length"] << " B]";
  if (message["type"] == "close") {
    text << "  Close " << message["code"] << " (Normal Closure)";
    if (const auto reason = message["reason"].get<std::string>(); !reason.empty()) text << " \"" << reason << '"';
  }
  return text.str() + "\n";
}

TEST(Defect23, FollowHasEachMessageWithItsTimeAndExactlyItsBytes) {
  const Reports shown = reports(follow_sample);
  Texts wanted;
  for (const json& message : shown.messages) {
    wanted.push_back((wanted.empty() ? "" : "\n") + heading_of(message, shown.sessions.at(0)["start"]));
    if (const std::string data = data_of(message); !data.empty()) wanted.push_back(data);
  }
  EXPECT_EQ(raw_records(tshark(follow_sample, {"-q", "-z", "follow,wslens,raw,0"}).out), wanted);
  EXPECT_EQ(raw_records(tshark(follow_sample, {"-2", "-q", "-z", "follow,wslens,raw,0"}).out), wanted);
}

TEST(Defect23, FollowNamesControlFramesAndTheMessageThatFailed) {
  const std::string out = tshark(follow_sample, {"-q", "-z", "follow,wslens,ascii,0"}).out;
  for (const char* part :
       {"packet 12: ping, 18 B]", "packet 14: pong, 18 B]", "packet 22: ping, 0 B]", "packet 44: close, 10 B]",
        "packet 18: text 4, 12 B on the wire, undecodable]", "packet 36: text 4, 8 B on the wire, undecodable]",
        "plain, from the client", "compressed, from the server: the quick brown fox jumps over the lazy dog",
        "[0.501400 s, packet 8: text 1, 22 B]", "right again, from the server"})
    EXPECT_NE(out.find(part), std::string::npos) << part << "\n" << out;
}

TEST(Defect23, OnlyTheMessagesThatFailedAreNotExact) {
  const Messages sent = without_empty(as_sent(follow_sample, Which::data_and_pings));
  const Reports shown = reports(follow_sample);
  EXPECT_EQ(as_shown(shown, Which::data_and_pings, {"exact"}), sent);
  EXPECT_EQ(reports(follow_sample, {"-2"}).messages, shown.messages);
  std::vector<int> failed;
  for (const json& message : shown.messages)
    if (message["trust"] != "exact") failed.push_back(message["last_frame"]);
  EXPECT_EQ(failed, (std::vector<int>{18, 36}));
}

}  // namespace
}  // namespace wslens::test
