// SPDX-License-Identifier: GPL-2.0-or-later
/// Why it opened, why it failed, why it closed: the sentences against what the programs said.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/lens_view.h"
#include "support/truth.h"

namespace wslens::test {
namespace {

using nlohmann::json;

bool contains(const json& session, const std::string& phrase) {
  return session["verdict"].get<std::string>().find(phrase) != std::string::npos;
}

json record_of(const json& connection, const char* end) { return connection.value(end, json::object()); }

TEST(ReasonsFailed, TheSentenceAgreesWithWhatTheProgramSaw) {
  const std::map<int, json> sessions = sessions_by_port("failed-handshakes");
  std::size_t failed = 0;
  const json document = truth_document("failed-handshakes");
  for (const json& connection : document["connections"]) {
    const json client = record_of(connection, "client");
    const std::string name = client["case"];
    const json& session = sessions.at(connection["client_port"]);
    json status = client.value("http_status", json());
    if (status.is_string()) status = json::parse(status.get<std::string>());
    if (client.value("redirected", false)) continue;  // its record is that of the second connection
    const bool says_failed = client.value("verdict", json()) == "handshake failed";
    const bool refused = status.is_number() && status != 101;
    if (says_failed || refused) {
      ++failed;
      EXPECT_EQ(session["state"], "failed") << name;
      EXPECT_TRUE(contains(session, "Failed: ")) << name << ": " << session["verdict"];
    } else {
      EXPECT_NE(session["state"], "failed") << name;
    }
    EXPECT_TRUE(!refused || contains(session, "answered " + status.dump())) << name << ": " << session["verdict"];
    EXPECT_TRUE(status != 101 || session["status"] == 101) << name;
  }
  EXPECT_GT(failed, 25U);
}

struct Phrase {
  const char* name;  ///< the truth's `case`
  const char* phrase;
};

void expect_phrases(const std::string& sample, std::initializer_list<Phrase> phrases) {
  const std::map<int, json> sessions = sessions_by_port(sample);
  std::map<std::string, json> by_case;
  const json document = truth_document(sample);
  for (const json& connection : document["connections"])
    by_case[record_of(connection, "client")["case"]] = sessions.at(connection["client_port"]);
  for (const Phrase& each : phrases) {
    ASSERT_EQ(by_case.count(each.name), 1U) << each.name;
    EXPECT_TRUE(contains(by_case[each.name], each.phrase)) << each.name << ": " << by_case[each.name]["verdict"];
  }
}

TEST(ReasonsFailed, OfRealProgramsEachGetsTheRightSentence) {
  expect_phrases("failed-handshakes",
                 {{"/401", "the client has to log in first (with Basic)"},
                  {"/403", "the server forbids it"},
                  {"/404", "there is no such resource (\"/404\")"},
                  {"/429", "asked too often (to be tried again: Retry-After 5)"},
                  {"/other-path", "would not take the request"},
                  {"/wrong-accept", "Sec-WebSocket-Accept does not fit"},
                  {"/no-accept", "without Sec-WebSocket-Accept"},
                  {"/no-upgrade-header", "without an Upgrade field (a proxy"},
                  {"/no-connection-header", "without a Connection field"},
                  {"/upgrade-h2c", "switched to \"h2c\""},
                  {"/200", "took it for an ordinary request"},
                  {"/200-with-upgrade", "took it for an ordinary request"},
                  {"/unoffered-ext", "an extension that was never offered: \"permessage-deflate"},
                  {"/unknown-ext", "an extension that was never offered"},
                  {"/unoffered-proto", "the subprotocol \""},
                  {"/503", "cannot serve it now"},
                  {"/close", "before any answer"},
                  {"/hang-then-close", "before any answer"},
                  {"/garbage", "is no HTTP response"},
                  {"/bad-window-bits", "in a way that is illegal or that no offer allows"},
                  {"ws: bad key -> 400", "The Sec-WebSocket-Key of the request was not"},
                  {"ws: no key -> 400", "The request had no Sec-WebSocket-Key field."},
                  {"ws: version 99 -> 400 with Sec-WebSocket-Version",
                   "It speaks Sec-WebSocket-Version 13, 8; the client asked for 99."},
                  {"ws: POST -> 405", "does not allow this method here (POST)"},
                  {"ws: no Upgrade header -> 426", "The request had no Upgrade field"},
                  {"ws: Upgrade: h2c -> 400", "The request had no Upgrade field"},
                  {"tornado: version 99 -> 426 with Sec-WebSocket-Version",
                   "It speaks Sec-WebSocket-Version 7, 8, 13; the client asked for 99."},
                  {"tornado: no Upgrade header -> 400", "The request had no Upgrade field"},
                  {"tornado: Origin mismatch -> 403", "perhaps because of the Origin, http://evil.example"}});
}

TEST(ReasonsFailed, EachWayNotToOpenHasASentence) {
  expect_phrases(
      "reasons-failed",
      {{"301 to another place", "elsewhere (to wss://example.test/new/chat)"},
       {"407", "a proxy wants the client to log in first (with Basic)"},
       {"426 with the versions wanted", "It speaks Sec-WebSocket-Version 8, 7; the client asked for 13."},
       {"502", "no good answer from the server behind it"},
       {"an accept value of nobody", "does not fit the client's key; a client"},
       {"the accept value of another connection", "(it fits the key of session 0)"},
       {"a window larger than offered", "no offer allows: \"permessage-deflate; server_max_window_bits=12\""},
       {"a subprotocol never offered", "\"chat.v2\", which was never offered"},
       {"FIN instead of an answer", "closed the TCP connection (FIN, packet "},
       {"RST instead of an answer", "aborted the TCP connection (RST, packet "},
       {"403 through a tunnel", "the server forbids it"},
       {"no accept value, through a tunnel", "without Sec-WebSocket-Accept"},
       {"403 in TLS", "the server forbids it"},
       {"no accept value, in TLS", "without Sec-WebSocket-Accept"}});
  for (const auto& [port, session] : sessions_by_port("reasons-failed")) {
    EXPECT_EQ(session["state"], "failed") << port;
    EXPECT_EQ(session["api_code"]["client"], 1006) << port;
    EXPECT_EQ(session["messages"]["client"], 0) << port;
  }
}

/// What the programs themselves reported: `close` in the records of both ends.
TEST(ReasonsClosed, EachEndReportsTheCodeThatItsProgramReported) {
  std::size_t compared = 0;
  for (const char* sample : {"closes", "seed-demo"}) {
    const std::map<int, json> sessions = sessions_by_port(sample);
    const json document = truth_document(sample);
    for (const json& connection : document["connections"]) {
      const json& session = sessions.at(connection["client_port"]);
      for (const char* end : {"client", "server"}) {
        const json close = record_of(connection, end).value("close", json());
        if (!close.is_object() || !close["code"].is_number()) continue;
        ++compared;
        EXPECT_EQ(session["api_code"][end], close["code"]) << connection["client_port"] << " " << end;
      }
    }
  }
  EXPECT_GT(compared, 35U);
}

TEST(ReasonsClosed, TheSentenceSaysWhatHadGoneBefore) {
  expect_phrases("reasons-closed",
                 {{"failed with 1009",
                   "ended TCP (FIN, packet 11) without waiting for the answer. The last message of the "
                   "client had 5000 bytes. The client's program reports 1009, the server's 1006."},
                  {"failed with 1007", "the client had broken a rule: text-not-utf8 (packet 20)"},
                  {"idle", "Nothing had been sent for 60 s before."},
                  {"a client that does not wait", "Closed cleanly: the client began"}});
  expect_phrases("closes", {{"/client-1009", "The last message of the client had 2000 bytes."},
                            {"server killed, idle (FIN, no Close)", "as when a program ends or dies"}});
}

TEST(ReasonsClosed, TheVerdictHasFields) {
  const auto rows = field_rows("closes",
                               {"tcp.stream", "wslens.close.first", "wslens.close.echo", "wslens.clean",
                                "wslens.api_code.client", "wslens.api_code.server"},
                               {"-2", "-Y", "wslens.frame.last_ack == frame.number && tcp.stream == 0"});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0][1], std::vector<std::string>{"client"});
  EXPECT_GT(std::stod(rows[0][2].at(0)), 0.0);
  EXPECT_EQ(rows[0][4], std::vector<std::string>{"1000"});
  EXPECT_EQ(rows[0][5], std::vector<std::string>{"1000"});
}

TEST(Pings, EachPongHasItsPingAndTheTimeInBetween) {
  const auto rows =
      field_rows("pings", {"wslens.ping.request_frame", "wslens.ping.rtt"}, {"-n", "-Y", "wslens.ping.rtt"});
  EXPECT_EQ(rows.size(), 13U);
  for (const FieldRow& row : rows) {
    EXPECT_LT(std::stoi(row[0].at(0)), row.number);
    EXPECT_GT(std::stod(row[1].at(0)), 0.0);
  }
  const auto pings = field_rows("pings", {"wslens.ping.response_frame"}, {"-2", "-Y", "wslens.ping.response_frame"});
  EXPECT_EQ(pings.size(), 15U) << "one Pong answers three";
  EXPECT_EQ(field_rows("pings", {"wslens.session"}, {"-2", "-Y", "wslens.ping.unsolicited"}).size(), 1U);
  EXPECT_EQ(field_rows("pings", {"wslens.session"}, {"-2", "-Y", "wslens.ping.unanswered"}).size(), 1U);
}

TEST(Pings, TheSessionCountsThem) {
  const std::map<int, json> sessions = sessions_by_port("pings");
  const json& regular = sessions.at(40001)["pings"]["client"];
  EXPECT_EQ(regular["sent"], 6);
  EXPECT_EQ(regular["answered"], 6);
  EXPECT_NEAR(regular["interval"]["mean"].get<double>(), 5.0, 0.1);
  EXPECT_LT(regular["interval"]["jitter"].get<double>(), 0.1);
  const json& folded = sessions.at(40002)["pings"];
  EXPECT_EQ(folded["server"]["answered"], 3);
  EXPECT_EQ(folded["server"]["unsolicited_pongs"], 1);
  EXPECT_EQ(sessions.at(40003)["pings"]["server"]["unanswered"], 1);
  EXPECT_NEAR(sessions.at(40001)["longest_silence"].get<double>(), 5.0, 0.1);
  EXPECT_TRUE(contains(sessions.at(40003), "A Ping of the server (packet ")) << sessions.at(40003)["verdict"];
}

TEST(Pings, TheFilterHidesWhatIsNothingButHeartbeats) {
  const auto shown = field_rows("pings", {"wslens.session"}, {"-n", "-Y", "wslens.heartbeat"});
  // 24 and 5 Pings and Pongs, one Ping without a Pong; of six "hb" those from the third on.
  EXPECT_EQ(shown.size(), 24U + 5U + 1U + 4U);
  const auto ticks = field_rows("pings", {"wslens.message.text"}, {"-n", "-Y", "!wslens.heartbeat && wslens.message"});
  std::size_t news = 0;
  for (const FieldRow& row : ticks) news += row[0].size();
  EXPECT_EQ(news, 6U + 1U + 6U + 2U) << "news, the question, ticks, and \"hb\" before it had a rhythm";
}

TEST(Handshake, TheTreeSaysOfEachFieldWhetherItIsRight) {
  const auto request = field_rows("seed-demo", {"wslens.handshake.check"}, {"-Y", "frame.number == 4"});
  ASSERT_EQ(request.size(), 1U);
  EXPECT_GE(request[0][0].size(), 7U);
  for (const std::string& line : request[0][0]) EXPECT_EQ(line.rfind("right  ", 0), 0U) << line;
  const auto wrong =
      field_rows("failed-handshakes", {"wslens.handshake.check"}, {"-Y", "wslens.rule == \"response-accept-wrong\""});
  ASSERT_EQ(wrong.size(), 1U);
  EXPECT_TRUE(std::any_of(wrong[0][0].begin(), wrong[0][0].end(),
                          [](const std::string& line) { return line.rfind("WRONG  Sec-WebSocket-Accept", 0) == 0; }));
}

TEST(Handshake, LatenciesStandOnTheAnswerAndTheSlowestIsNamed) {
  const auto rows = field_rows("wss-tls13",
                               {"wslens.latency.tcp", "wslens.latency.tls", "wslens.latency.http",
                                "wslens.latency.first_message", "wslens.latency.slowest"},
                               {"-2", "-Y", "wslens.latency.slowest"});
  ASSERT_FALSE(rows.empty());
  for (const FieldRow& row : rows)
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(row[i].size(), 1U);
}

TEST(Handshake, AFrameThatDependsOnTheNegotiationLinksToIt) {
  const auto rows =
      field_rows("deflate-takeover", {"wslens.message.negotiated_in"}, {"-Y", "wslens.message.compressed"});
  ASSERT_FALSE(rows.empty());
  const json session = report("deflate-takeover", "sessions-json").at(0);
  EXPECT_EQ(rows[0][0].at(0), session["frames"]["response"].dump());
  EXPECT_FALSE(field_rows("server-violations", {"wslens.message.negotiated_in"},
                          {"-Y", "wslens.rule == \"rsv1-without-extension\""})
                   .at(0)[0]
                   .empty());
}

TEST(Story, FitsAHundredColumnsAndHasNoColourInAPipe) {
  for (const char* sample :
       {"seed-demo", "closes", "failed-handshakes", "socketio", "wss-node", "reasons-failed", "pings"}) {
    const Result result = tshark(sample, {"-q", "-z", "wslens,story"});
    EXPECT_EQ(result.out.find('\x1B'), std::string::npos) << sample;
    EXPECT_GT(lines_of(result.out).size(), 10U) << sample;
    for (const std::string& line : lines_of(result.out)) {
      const auto columns = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
      const bool one_word = line.find(' ', line.find_first_not_of(' ')) == std::string::npos;  // cannot be wrapped
      EXPECT_TRUE(columns <= 100 || one_word) << sample << ": " << line;
    }
  }
}

/// Wireshark cuts a line of the tree at 240 bytes. The lines below the first one begin with an ellipsis.
TEST(Verdict, StandsWholeInTheTree) {
  const std::string first = "    [Verdict: ";
  const std::string next = "    [… ";
  std::vector<std::string> shown;
  for (const std::string& line : lines_of(tshark("server-violations", {"-2", "-V"}).out)) {
    if (line.starts_with(first)) shown.push_back(line.substr(first.size(), line.size() - first.size() - 1));
    if (line.starts_with(next)) shown.back() += " " + line.substr(next.size(), line.size() - next.size() - 1);
    EXPECT_EQ(line.find("Verdict [truncated]"), std::string::npos) << line;
  }
  std::vector<std::string> whole;
  std::size_t longest = 0;
  for (const FieldRow& row : field_rows("server-violations", {"wslens.verdict"}, {"-2"})) {
    for (const std::string& verdict : row[0]) whole.push_back(verdict);
    longest = std::max(longest, whole.back().size());
  }
  EXPECT_GT(longest, 300U);
  EXPECT_EQ(shown, whole);
}

/// util-linux's script runs a command on a terminal of its own.
TEST(Story, HasColourOnATerminalUnlessItIsNotWanted) {
  const std::string command = "tshark -n -q -z wslens,story -r " + readable("seed-demo");
  EXPECT_NE(run({"script", "-qec", command, "/dev/null"}).out.find("\x1B[32m"), std::string::npos);
  EXPECT_EQ(run({"script", "-qec", "NO_COLOR=1 " + command, "/dev/null"}).out.find('\x1B'), std::string::npos);
}

TEST(Story, LongRunsAreFolded) {
  const std::string story = tshark("pings", {"-q", "-z", "wslens,story"}).out;
  EXPECT_NE(story.find("of them heartbeats ..."), std::string::npos) << story;
  EXPECT_NE(story.find("Pings of the client: 6, 6 answered, round trip "), std::string::npos);
}

}  // namespace
}  // namespace wslens::test
