// SPDX-License-Identifier: GPL-2.0-or-later
/// -z wslens,NAME[,FILTER]
#include <gtest/gtest.h>

#include "support/sample_test.h"

namespace wslens::test {
namespace {

Result asked(const std::string& what, const std::string& sample = "seed-demo") {
  return tshark(sample, {"-q", "-z", what});
}

TEST(Reports, AWrongNameGetsOneLineThatListsTheRightOnes) {
  for (const char* wrong :
       {"wslens,nonsense", "wslens", "wslens,", "wslens,story2", "wslens,sessions-jso", "wslensstory", "wslens,,x"}) {
    const Result result = asked(wrong);
    EXPECT_NE(result.status, 0) << wrong;
    EXPECT_FALSE(result.crashed);
    EXPECT_TRUE(result.out.empty()) << result.out;
    ASSERT_EQ(lines_of(result.err).size(), 1U) << result.err;
    for (const char* name :
         {"wslens,story", "wslens,sessions", "wslens,sessions-json", "wslens,messages-json", "wslens,har"})
      EXPECT_NE(result.err.find(name), std::string::npos) << name;
  }
}

TEST(Reports, AWrongFilterGetsOneLine) {
  for (const char* name : {"story", "sessions", "sessions-json", "messages-json"}) {
    const Result result = asked("wslens," + std::string(name) + ",tcp.port ===== 1");
    EXPECT_NE(result.status, 0);
    EXPECT_TRUE(result.out.empty());
    EXPECT_EQ(lines_of(result.err).size(), 1U) << result.err;
  }
}

TEST(Reports, AllThatFollowsTheNameIsTheFilterCommasIncluded) {
  const auto messages = json_lines(asked("wslens,messages-json,frame.number in {8,10}").out);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0]["text"], "something");
  EXPECT_EQ(messages[1]["text"], "hello");
}

TEST(Reports, AFilterSelectsASessionByAnyOfItsPackets) {
  const std::size_t all = json_lines(asked("wslens,sessions-json", "closes").out).size();
  EXPECT_GT(all, 10U);
  EXPECT_EQ(json_lines(asked("wslens,sessions-json,frame.number == 1").out).size(), 1U);  // the SYN
  EXPECT_EQ(json_lines(asked("wslens,sessions-json,frame.number == 5").out).size(), 1U);  // a pure ACK
  EXPECT_EQ(json_lines(asked("wslens,sessions-json,tcp.stream == 7", "closes").out).size(), 1U);
  EXPECT_TRUE(asked("wslens,sessions-json,frame.number == 999999", "closes").out.empty());
}

TEST(Reports, NothingToShowIsSaidInATableAndNotInJson) {
  for (const char* name : {"story", "sessions"}) {
    const Result result = asked("wslens," + std::string(name), "negative-random");
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(lines_of(result.out).size(), 1U) << result.out;
  }
  for (const char* name : {"sessions-json", "messages-json"}) {
    const Result result = asked("wslens," + std::string(name), "negative-random");
    EXPECT_EQ(result.status, 0);
    EXPECT_TRUE(result.out.empty());
  }
}

TEST(Reports, SeveralCanShareAnOutput) {
  const Result result = tshark("seed-demo", {"-q", "-z", "wslens,sessions-json", "-z", "wslens,messages-json"});
  std::map<std::string, int> kinds;
  for (const nlohmann::json& object : json_lines(result.out)) ++kinds[object["kind"]];
  EXPECT_EQ(kinds["session"], 1);
  EXPECT_EQ(kinds["message"], 5);
}

TEST(Reports, ObjectsHaveTheKeysThatOtherToolsRelyOn) {
  const auto message = json_lines(asked("wslens,messages-json").out).at(0);
  for (const char* key : {"kind", "session", "number", "direction", "type", "length", "wire_length", "compressed",
                          "fragments", "first_frame", "last_frame", "time", "duration", "trust", "sha256", "text"})
    EXPECT_TRUE(message.contains(key)) << key;
  const auto session = json_lines(asked("wslens,sessions-json").out).at(0);
  for (const char* key :
       {"kind",        "session",    "url",    "client", "server", "tcp_stream", "status", "accept_ok",
        "subprotocol", "extensions", "frames", "start",  "end",    "messages",   "bytes",  "close",
        "clean",       "api_code",   "rules",  "trust",  "state",  "verdict"})
    EXPECT_TRUE(session.contains(key)) << key;
  EXPECT_EQ(
      session["frames"].dump(),
      R"({"ack":3,"close_client":13,"close_server":14,"fin_client":17,"fin_server":16,"first_data":8,"last_data":11,"request":4,"response":6,"rst":null,"syn":1,"syn_ack":2})");
  EXPECT_EQ(session["api_code"].dump(), R"({"client":1005,"server":1005})");
}

TEST(Reports, AnIpv6AddressStandsInBrackets) {
  const auto session = json_lines(asked("wslens,sessions-json", "ipv6").out).at(0);
  EXPECT_EQ(session["client"].get<std::string>().front(), '[');
  EXPECT_NE(session["server"].get<std::string>().find("]:"), std::string::npos);
}

TEST(Reports, OfADamagedFileWhatWasReadIsStillPrinted) {
  const Result result = asked("wslens,messages-json", "cut-file");
  EXPECT_FALSE(result.crashed);
  EXPECT_GT(json_lines(result.out).size(), 2U);
}

/// A peer's escape sequences must not reach the terminal.
TEST(Reports, NoControlCharacterOfAPeerReachesTheTerminal) {
  for (const std::string& sample : samples()) {
    const std::string out = tshark(sample, {"-q", "-z", "wslens,story", "-z", "wslens,sessions"}).out;
    for (const char c : out) ASSERT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << sample;
    ASSERT_EQ(out.find('\x7f'), std::string::npos);
  }
}

}  // namespace
}  // namespace wslens::test
