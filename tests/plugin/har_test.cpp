// SPDX-License-Identifier: GPL-2.0-or-later
/// -z wslens,har: one document, which says of each session and message what the other reports say. That each document
/// is as docs/har.schema.json says is checked by tools/check-har.
#include <glib.h>

#include "support/sample_test.h"
#include "support/tiny_capture.h"
#include "support/truth.h"

namespace wslens::test {
namespace {

using nlohmann::json;

Result asked(const std::string& sample, const Arguments& more = {}, const std::string& filter = {}) {
  Arguments arguments{"-q", "-z", "wslens,har" + (filter.empty() ? "" : "," + filter)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return tshark(sample, arguments);
}

/// By session.
std::map<int, json> entries_in(const std::string& out) {
  const json har = json::parse(out, nullptr, false);
  EXPECT_FALSE(har.is_discarded()) << out.substr(0, 300);
  std::map<int, json> entries;
  if (har.is_discarded()) return entries;
  EXPECT_EQ(har["log"]["version"], "1.2");
  for (const json& entry : har["log"]["entries"]) {
    EXPECT_EQ(entries.count(entry["_session"]), 0U);
    entries[entry["_session"]] = entry;
  }
  return entries;
}

std::map<int, json> entries_of(const std::string& sample, const Arguments& more = {}, const std::string& filter = {}) {
  const Result result = asked(sample, more, filter);
  EXPECT_FALSE(result.crashed) << result.err;
  return entries_in(result.out);
}

std::string decoded(const std::string& base64) {
  gsize size = 0;
  guchar* bytes = g_base64_decode(base64.c_str(), &size);
  std::string data(reinterpret_cast<const char*>(bytes), size);
  g_free(bytes);
  return data;
}

/// The message's own bytes, as the HAR has them.
std::string bytes_of(const json& item) {
  if (item.contains("_base64")) return decoded(item["_base64"]);
  if (item.contains("_text")) return item["_text"];
  if (item["type"] == "error") return {};
  return item["opcode"] == 1 ? item["data"].get<std::string>() : decoded(item["data"]);
}

/// What messages-json says of it.
std::string bytes_of_message(const json& message) {
  if (message.contains("base64")) return decoded(message["base64"]);
  return message["text"].is_string() ? message["text"].get<std::string>() : std::string{};
}

/// A message in a line, of either report: who, what, bytes, packets, trust.
std::string line_of(const std::string& type, int opcode, const std::string& bytes, const json& frames,
                    const std::string& trust) {
  return type + " " + std::to_string(opcode) + " " + std::to_string(bytes.size()) + " " +
         std::to_string(std::hash<std::string>{}(bytes)) + " " + frames.dump() + " " + trust;
}

std::string line_of_item(const json& item) {
  const std::string type = item["type"] == "error" ? item["_type"] : item["type"];
  return line_of(type, item["opcode"], bytes_of(item), {item["_first_frame"], item["_last_frame"]},
                 item.value("_trust", "exact"));
}

const std::map<std::string, int> opcodes{{"text", 1}, {"binary", 2}, {"close", 8}, {"ping", 9}, {"pong", 10}};

std::string line_of_message(const json& message) {
  return line_of(message["direction"] == "client-to-server" ? "send" : "receive", opcodes.at(message["type"]),
                 bytes_of_message(message), {message["first_frame"], message["last_frame"]}, message["trust"]);
}

/// Of each session and sender, in order.
using Lines = std::map<std::string, std::vector<std::string>>;

void add_items(Lines& lines, const json& entry, const char* key) {
  for (const json& item : entry[key]) {
    const std::string line = line_of_item(item);
    lines[entry["_session"].dump() + key + line.substr(0, line.find(' '))].push_back(line);
  }
}

Lines lines_of_har(const std::map<int, json>& entries) {
  Lines lines;
  for (const auto& [session, entry] : entries)
    for (const char* key : {"_webSocketMessages", "_webSocketControlFrames"}) add_items(lines, entry, key);
  return lines;
}

Lines lines_of_messages(const std::string& sample) {
  Lines lines;
  for (const json& message : report(sample, "messages-json")) {
    const std::string line = line_of_message(message);
    const char* key = message["number"].is_null() ? "_webSocketControlFrames" : "_webSocketMessages";
    lines[message["session"].dump() + key + line.substr(0, line.find(' '))].push_back(line);
  }
  return lines;
}

class EveryHar : public EverySample {};

TEST_P(EveryHar, MessagesAreThoseOfMessagesJson) {
  EXPECT_EQ(lines_of_har(entries_of(GetParam())), lines_of_messages(GetParam()));
}

TEST_P(EveryHar, EntriesAreTheSessions) {
  const std::map<int, json> entries = entries_of(GetParam());
  const std::vector<json> sessions = report(GetParam(), "sessions-json");
  ASSERT_EQ(entries.size(), sessions.size());
  for (const json& session : sessions) {
    const json& entry = entries.at(session["session"]);
    EXPECT_EQ(entry["request"]["url"], session["url"]);
    EXPECT_EQ(entry["response"]["status"], session["status"].is_null() ? json(0) : session["status"]);
    for (const char* key : {"client", "server", "tcp_stream", "trust", "state", "verdict"})
      EXPECT_EQ(entry[std::string("_") + key], session[key]) << key;
    EXPECT_EQ(entry.value("_lost", json()), session.value("lost", json()));
  }
}

TEST_P(EveryHar, OnePassAndTwoGiveTheSame) { EXPECT_EQ(asked(GetParam()).out, asked(GetParam(), {"-2"}).out); }

/// A reader that does not know our marks takes no part of a message for the message.
TEST_P(EveryHar, OnlyWholeMessagesAreSentOrReceived) {
  std::multiset<std::string> whole, have;
  for (const json& message : report(GetParam(), "messages-json"))
    if (message["number"].is_number() && message["sha256"].is_string() && !message.contains("data_cut") &&
        message["trust"] != "truncated")
      whole.insert(bytes_of_message(message));
  for (const auto& [session, entry] : entries_of(GetParam()))
    for (const json& item : entry["_webSocketMessages"])
      if (item["type"] != "error") have.insert(bytes_of(item));
  EXPECT_EQ(have, whole);
}

WSLENS_FOR_EVERY_SAMPLE(EveryHar);

TEST(Har, HeadsStandThereAsTheyWereSent) {
  const json entry = entries_of("seed-demo").at(0);
  EXPECT_EQ(entry["request"]["method"], "GET");
  EXPECT_EQ(entry["request"]["httpVersion"], "HTTP/1.1");
  EXPECT_EQ(entry["request"]["headersSize"], 495);
  EXPECT_EQ(entry["request"]["headers"][0].dump(), R"({"name":"Host","value":"127.0.0.1:8080"})");
  EXPECT_EQ(entry["request"]["headers"].size(), 12U);
  EXPECT_EQ(entry["response"]["statusText"], "Switching Protocols");
  EXPECT_EQ(entry["response"]["headers"].size(), 3U);
  EXPECT_EQ(entry["serverIPAddress"], "127.0.0.1");
  EXPECT_EQ(entry["connection"], "8080");
  EXPECT_FALSE(entry.contains("comment"));
}

TEST(Har, TimingsAreThoseOfTheCapture) {
  const json entry = entries_of("seed-demo").at(0);
  const json session = report("seed-demo", "sessions-json").at(0);
  const json& timings = entry["timings"];
  EXPECT_NEAR(timings["connect"].get<double>(), session["latency"]["tcp"].get<double>() * 1000, 1e-6);
  EXPECT_NEAR(timings["wait"].get<double>(), session["latency"]["http"].get<double>() * 1000, 1e-6);
  EXPECT_NEAR(entry["time"].get<double>(), (session["end"].get<double>() - session["start"].get<double>()) * 1000,
              1e-3);
  EXPECT_EQ(timings["ssl"], -1);
}

TEST(Har, InTlsTheTimeOfItsHandshakeIsAPartOfConnect) {
  const json entry = entries_of("wss-tls13").at(0);
  EXPECT_EQ(entry["request"]["url"].get<std::string>().rfind("wss://", 0), 0U);
  EXPECT_GT(entry["timings"]["ssl"].get<double>(), 0);
  EXPECT_GT(entry["timings"]["connect"].get<double>(), entry["timings"]["ssl"].get<double>());
  EXPECT_FALSE(entry["_webSocketMessages"].empty());
}

/// That it is the message is checked for every sample.
TEST(Har, ACompressedMessageStandsThereInflated) {
  std::set<json> frames;
  for (const json& message : report("deflate-takeover", "messages-json"))
    if (message["compressed"] == true) frames.insert(message["last_frame"]);
  ASSERT_FALSE(frames.empty());
  std::size_t found = 0;
  for (const auto& [session, entry] : entries_of("deflate-takeover"))
    for (const json& item : entry["_webSocketMessages"])
      if (item["type"] != "error") found += frames.count(item["_last_frame"]);
  EXPECT_GE(found, frames.size());
}

TEST(Har, AFailedHandshakeHasItsStatusAndNoMessages) {
  int refused = 0;
  for (const auto& [session, entry] : entries_of("failed-handshakes")) {
    const int status = entry["response"]["status"];
    if (status == 0 || status == 101) continue;
    ++refused;
    EXPECT_FALSE(entry["response"]["headers"].empty());
    EXPECT_TRUE(entry["_webSocketMessages"].empty());
    EXPECT_EQ(entry["response"]["bodySize"], -1);
  }
  EXPECT_GE(refused, 3);
}

TEST(Har, ALateStartSaysThatTheHandshakeIsNotKnown) {
  const std::map<int, json> entries = entries_of("late-start-plain");
  ASSERT_FALSE(entries.empty());
  const json& entry = entries.begin()->second;
  EXPECT_EQ(entry["response"]["status"], 0);
  EXPECT_TRUE(entry["request"]["headers"].empty());
  EXPECT_EQ(entry["request"]["httpVersion"], "unknown");
  EXPECT_NE(entry["comment"].get<std::string>().find("begins after the opening handshake"), std::string::npos);
  EXPECT_FALSE(entry["_webSocketMessages"].empty());
}

TEST(Har, AMessageThatIsNotWholeIsAnErrorWithItsKnownPartBeside) {
  int truncated = 0;
  for (const auto& [session, entry] : entries_of("lost-segment")) {
    for (const json& item : entry["_webSocketMessages"]) {
      if (item.value("_trust", "") != "truncated") continue;
      ++truncated;
      EXPECT_EQ(item["type"], "error");
      EXPECT_EQ(item["_incomplete"], true);
      EXPECT_GT(item["_lost"], 0);
      EXPECT_EQ(item["data"].get<std::string>().front(), '[');
      EXPECT_NE(entry["comment"].get<std::string>().find("Not whole: "), std::string::npos);
    }
  }
  EXPECT_GE(truncated, 1);
}

TEST(Har, WhatACapCutIsNotWhole) {
  int cut = 0;
  for (const auto& [session, entry] : entries_of("ws-plain-1mib", {"-o", "wslens.message_kib:1"}))
    for (const json& item : entry["_webSocketMessages"]) {
      if (!item.contains("_data_cut")) continue;
      ++cut;
      EXPECT_EQ(item["type"], "error");
      EXPECT_EQ(bytes_of(item).size(), 1024U);
      EXPECT_GT(item["_length"], 1024);
    }
  EXPECT_GE(cut, 1);
}

std::string tiny_capture(const std::string& name, const std::string& request, const std::string& answer,
                         const std::string& frames) {
  TinyCapture capture;
  capture.upgrade(request, answer);
  capture.server_sends(frames);
  return capture.file(name);
}

TEST(Har, ATextThatIsNotUtf8IsMarkedAndItsBytesAreThere) {
  const std::string text = "a\xff\xc3z";
  const json entry =
      entries_of(tiny_capture("bad-text.pcap", tiny_request(), tiny_answer(), tiny_frame(1, text))).at(0);
  const json& item = entry["_webSocketMessages"].at(0);
  EXPECT_EQ(item["data"], "a\uFFFD\uFFFDz");
  EXPECT_EQ(item["_not_utf8"], true);
  EXPECT_EQ(decoded(item["_base64"]), text);
}

TEST(Har, ACloseHasItsCodeAndReason) {
  const json entry = entries_of(tiny_capture("close.pcap", tiny_request(), tiny_answer(),
                                             tiny_frame(9, "hey") + tiny_frame(8, "\x0f\xa0why")))
                         .at(0);
  const json& frames = entry["_webSocketControlFrames"];
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0]["opcode"], 9);
  EXPECT_EQ(frames[0]["text"], "hey");
  EXPECT_EQ(frames[1]["code"], 4000);
  EXPECT_EQ(frames[1]["reason"], "why");
  EXPECT_EQ(decoded(frames[1]["data"]), "\x0f\xa0why");
}

TEST(Har, CookiesAreTakenApart) {
  const std::string answer = tiny_answer("Set-Cookie: id=7; Path=/x; Domain=a.example; HttpOnly; Secure\r\n");
  const json entry =
      entries_of(tiny_capture("cookies.pcap", tiny_request("Cookie: a=1; b=x=y;c\r\n"), answer, tiny_frame(1, "x")))
          .at(0);
  EXPECT_EQ(entry["request"]["cookies"].dump(),
            R"([{"name":"a","value":"1"},{"name":"b","value":"x=y"},{"name":"c","value":""}])");
  EXPECT_EQ(entry["response"]["cookies"].dump(),
            R"([{"domain":"a.example","httpOnly":true,"name":"id","path":"/x","secure":true,"value":"7"}])");
}

TEST(Har, TheQueryStandsThereAsInTheTarget) {
  std::string request = tiny_request();
  request.replace(request.find(' ') + 1, request.find(' ', 4) - 4, "/chat?room=a%20b&&quiet&x=1=2");
  const json entry = entries_of(tiny_capture("query.pcap", request, tiny_answer(), tiny_frame(1, "x"))).at(0);
  EXPECT_EQ(entry["request"]["queryString"].dump(),
            R"([{"name":"room","value":"a%20b"},{"name":"quiet","value":""},{"name":"x","value":"1=2"}])");
}

TEST(Har, BothDirectionsStandInTheOrderOfTime) {
  for (const char* sample : {"seed-demo", "simultaneous-directions", "closes"})
    for (const auto& [session, entry] : entries_of(sample)) {
      double before = 0;
      for (const json& item : entry["_webSocketMessages"]) {
        EXPECT_GE(item["time"].get<double>(), before) << sample;
        before = item["time"];
      }
    }
}

TEST(Har, EntriesAreSortedByTheirStart) {
  std::string before;
  const json har = json::parse(asked("closes").out);
  EXPECT_GT(har["log"]["entries"].size(), 10U);
  for (const json& entry : har["log"]["entries"]) {
    EXPECT_GE(entry["startedDateTime"].get<std::string>(), before);
    before = entry["startedDateTime"];
  }
}

TEST(Har, AFilterSelectsWholeSessions) {
  EXPECT_EQ(entries_of("closes", {}, "tcp.stream == 7").size(), 1U);
  const std::map<int, json> entries = entries_of("seed-demo", {}, "frame.number in {1,999}");  // the SYN
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries.at(0)["_webSocketMessages"].size(), 3U);
  EXPECT_TRUE(entries_of("closes", {}, "frame.number == 999999").empty());
}

TEST(Har, AWrongFilterGetsOneLine) {
  const Result result = asked("seed-demo", {}, "tcp.port ===== 1");
  EXPECT_NE(result.status, 0);
  EXPECT_TRUE(result.out.empty());
  ASSERT_EQ(lines_of(result.err).size(), 1U) << result.err;
  EXPECT_NE(result.err.find("-z wslens,har"), std::string::npos) << result.err;
}

TEST(Har, AskedForTwiceGetsOneLine) {
  const Result result = tshark("seed-demo", {"-q", "-z", "wslens,har", "-z", "wslens,har,tcp"});
  EXPECT_NE(result.status, 0);
  EXPECT_TRUE(result.out.empty());
  EXPECT_EQ(lines_of(result.err).size(), 1U) << result.err;
}

TEST(Har, NothingToShowIsAnEmptyLog) {
  EXPECT_TRUE(entries_of("negative-random").empty());
  const Result result = asked(TinyCapture().file("empty.pcap"));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(entries_in(result.out).empty());
}

/// In base64 more than what stays in memory.
std::string large_capture() {
  static const std::string file = [] {
    TinyCapture capture;
    capture.upgrade(tiny_request(), tiny_answer());
    const std::string header = std::string("\x82\x7e\x03\xe8", 4);
    for (int i = 0; i < 9000; ++i) capture.server_sends(header + std::string(1000, static_cast<char>('a' + i % 26)));
    return capture.file("large.pcap");
  }();
  return file;
}

TEST(Har, WhatDoesNotFitIntoMemoryWaitsInAFile) {
  const std::map<int, json> entries = entries_of(large_capture());
  ASSERT_EQ(entries.size(), 1U);
  const json& messages = entries.at(0)["_webSocketMessages"];
  ASSERT_EQ(messages.size(), 9000U);
  for (std::size_t i = 0; i < messages.size(); ++i)
    ASSERT_EQ(bytes_of(messages[i]), std::string(1000, static_cast<char>('a' + i % 26))) << i;
}

TEST(Har, AFolderThatTakesNoTemporaryFileIsSaid) {
  const Result result = run(
      {"env", "TMPDIR=/nonexistent-folder", "tshark", "-n", "-q", "-z", "wslens,har", "-r", readable(large_capture())});
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(result.out.empty());
  EXPECT_NE(result.err.find("/nonexistent-folder"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("No such file or directory"), std::string::npos) << result.err;
}

TEST(Har, AnOutputThatCannotBeWrittenIsSaid) {
  const Result result =
      run({"sh", "-c", "exec tshark -n -q -z wslens,har -r " + readable("seed-demo") + " >/dev/full"});
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.err.find("No space left on device"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace wslens::test
