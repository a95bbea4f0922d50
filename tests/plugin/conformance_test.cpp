// SPDX-License-Identifier: GPL-2.0-or-later
/// -z wslens,conformance, -z wslens,conformance-json, and the statistics tree: three views of what sessions-json says
/// of each session.
#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "support/sample_test.h"
#include "support/tiny_capture.h"
#include "support/truth.h"
#include "violation.h"

namespace wslens::test {
namespace {

using nlohmann::json;

constexpr std::size_t terminal_width = 100;

struct Views {
  std::vector<std::string> text;
  std::vector<json> endpoints;
  std::vector<json> sessions;
};

/// All three reports of one run.
Views views(const std::string& capture) {
  Views all;
  const Result result = tshark(
      capture, {"-q", "-z", "wslens,conformance", "-z", "wslens,conformance-json", "-z", "wslens,sessions-json"});
  EXPECT_FALSE(result.crashed);
  for (const std::string& line : lines_of(result.out)) {
    if (line.empty() || line[0] != '{') {
      all.text.push_back(line);
      continue;
    }
    json object = json::parse(line);
    (object["kind"] == "endpoint" ? all.endpoints : all.sessions).push_back(std::move(object));
  }
  return all;
}

std::string without_port(const std::string& address) {
  std::string host = address.substr(0, address.rfind(':'));
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  return host;
}

bool stands_for(const json& endpoint, const json& session, const std::string& role) {
  const std::string address = session[role];
  return endpoint["role"] == role && endpoint["address"] == (role == "client" ? without_port(address) : address);
}

/// The endpoint's entry that names the session; null: there is none.
const json* entry_for(const std::vector<json>& endpoints, const json& session, const json& rule) {
  for (const json& endpoint : endpoints) {
    if (!stands_for(endpoint, session, rule["by"])) continue;
    for (const json& broken : endpoint["broken"]) {
      const auto& numbers = broken["sessions"];
      if (broken["id"] == rule["id"] && std::count(numbers.begin(), numbers.end(), session["session"]) == 1)
        return &broken;
    }
  }
  return nullptr;
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::size_t broken_of(const json& endpoint, const std::string& severity) {
  const auto& broken = endpoint["broken"];
  return static_cast<std::size_t>(
      std::count_if(broken.begin(), broken.end(), [&](const json& each) { return each["severity"] == severity; }));
}

std::string joined(const json& numbers) {
  std::string text;
  for (const json& number : numbers) text += (text.empty() ? "" : ", ") + number.dump();
  return text;
}

/// The text with every run of blanks and ends of lines as one blank.
std::string unwrapped(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += line + " ";
  return std::regex_replace(all, std::regex(" +"), " ");
}

/// What the text has to say of an endpoint, in this order.
std::vector<std::string> phrases(const json& endpoint) {
  std::vector<std::string> all;
  const auto& broken = endpoint["broken"];
  all.push_back(endpoint["role"].get<std::string>() + " ");
  all.push_back(" at " + endpoint["address"].get<std::string>());
  const std::string checked =
      counted(endpoint["sessions"], "session") + ", " + counted(endpoint["rules_checked"], "rule") + " checked, ";
  if (broken.empty()) {
    all.push_back(checked + "no rule broken");
    return all;
  }
  all.push_back(checked + std::to_string(broken.size()) + " broken (" + counted(broken_of(endpoint, "error"), "error") +
                ", " + counted(broken_of(endpoint, "warning"), "warning") + ", " +
                counted(broken_of(endpoint, "note"), "note") + ")");
  for (const json& each : broken) {
    all.push_back(each["severity"].get<std::string>() + " " + each["id"].get<std::string>() + " (" +
                  each["section"].get<std::string>() + ")");
    for (const websocket::RuleInfo& info : websocket::rule_table())
      if (info.id == each["id"].get<std::string>()) all.emplace_back(info.sentence);
    all.push_back(each["count"] == 1 ? "Once" : each["count"].dump() + " times");
    all.push_back((each["frames"].size() == 1 ? "packet " : "packets ") + joined(each["frames"]) + ".");
    if (each["reaction"].is_object() && each["reaction"]["kind"] == "closed" && each["reaction"]["code"].is_number())
      all.push_back("closed with " + each["reaction"]["code"].dump() + " after ");
  }
  return all;
}

/// For a terminal of 100 columns.
void expect_harmless(const std::string& line) {
  const auto characters = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
  EXPECT_LE(static_cast<std::size_t>(characters), terminal_width) << line;
  for (const char c : line) ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << line;
  EXPECT_EQ(line.find("\u202e"), std::string::npos) << line;  // text runs from right to left
}

class ConformanceOfSample : public EverySample {};

TEST_P(ConformanceOfSample, EveryBrokenRuleOfASessionStandsBelowItsEndpoint) {
  const Views all = views(GetParam());
  std::map<std::string, std::uint64_t> want, have;
  for (const json& session : all.sessions)
    for (const json& rule : session["rules"]) {
      const json* entry = entry_for(all.endpoints, session, rule);
      ASSERT_NE(entry, nullptr) << "session " << session["session"] << ": " << rule;
      EXPECT_EQ((*entry)["severity"], rule["severity"]);
      EXPECT_EQ((*entry)["section"], rule["section"]);
      want[rule["by"].get<std::string>() + " " + rule["id"].get<std::string>()] += rule["count"].get<std::uint64_t>();
    }
  for (const json& endpoint : all.endpoints)
    for (const json& broken : endpoint["broken"])
      have[endpoint["role"].get<std::string>() + " " + broken["id"].get<std::string>()] +=
          broken["count"].get<std::uint64_t>();
  EXPECT_EQ(have, want) << "and no others";
}

TEST_P(ConformanceOfSample, EachEndOfEachSessionIsCountedOnce) {
  const Views all = views(GetParam());
  std::map<std::string, std::size_t> sessions;
  std::set<std::string> keys;
  for (const json& endpoint : all.endpoints) {
    sessions[endpoint["role"]] += endpoint["sessions"].get<std::size_t>();
    EXPECT_TRUE(keys.insert(json{endpoint["role"], endpoint["name"], endpoint["address"]}.dump()).second);
    EXPECT_GE(endpoint["rules_checked"].get<std::size_t>(), endpoint["broken"].size());
    EXPECT_LE(endpoint["rules_checked"].get<std::size_t>(), websocket::rule_count);
  }
  for (const char* role : {"client", "server"}) EXPECT_EQ(sessions[role], all.sessions.size()) << role;
}

TEST_P(ConformanceOfSample, ExamplesAreAtMostThreeAndTheFirstOnesOfSessions) {
  const Views all = views(GetParam());
  std::map<std::string, std::set<std::uint64_t>> first_frames;
  for (const json& session : all.sessions)
    for (const json& rule : session["rules"])
      first_frames[rule["by"].get<std::string>() + " " + rule["id"].get<std::string>()].insert(
          rule["first_frame"].get<std::uint64_t>());
  for (const json& endpoint : all.endpoints)
    for (const json& broken : endpoint["broken"]) {
      const std::set<std::uint64_t> frames = broken["frames"];
      EXPECT_EQ(frames.size(), broken["frames"].size()) << "one twice: " << broken;
      EXPECT_GE(frames.size(), 1U);
      EXPECT_LE(frames.size(), 3U);
      EXPECT_EQ(first_frames[endpoint["role"].get<std::string>() + " " + broken["id"].get<std::string>()].count(
                    broken["frames"][0].get<std::uint64_t>()),
                1U);
    }
}

TEST_P(ConformanceOfSample, TheTextSaysWhatTheJsonSaysInTheSameOrder) {
  const Views all = views(GetParam());
  const std::string text = unwrapped(all.text);
  std::size_t at = 0;
  for (const json& endpoint : all.endpoints)
    for (const std::string& phrase : phrases(endpoint)) {
      const std::size_t found = text.find(phrase, at);
      ASSERT_NE(found, std::string::npos) << phrase;
      at = found + phrase.size() - 1;  // a blank may begin the next one
    }
  EXPECT_TRUE(!all.endpoints.empty() || all.text.size() == 1) << text;
}

TEST_P(ConformanceOfSample, NoLineIsWiderThanATerminalOrHarmsIt) {
  for (const std::string& line : views(GetParam()).text) expect_harmless(line);
}

WSLENS_FOR_EVERY_SAMPLE(ConformanceOfSample);

// ---- what the endpoints of one sample say themselves

/// What each connection of the sample was made for.
const std::map<std::string, std::string> rule_of_case{
    {"/masked", "server-frame-masked"},
    {"/rsv2", "rsv2-or-rsv3-set"},
    {"/opcode3", "opcode-reserved"},
    {"/badutf8", "text-not-utf8"},
    {"/frag-ping", "control-frame-fragmented"},
    {"/long-pong", "control-frame-too-long"},
    {"/unexpected-cont", "continuation-without-start"},
    {"/text-in-frag", "message-interleaved"},
    {"/close-1005", "close-code-not-allowed"},
    {"/rsv1-no-ext", "rsv1-without-extension"},
    {"/pmd-bad", "compressed-data-malformed"},
};

/// The client, node `ws`, said which code it sent.
TEST(Conformance, TheReactionIsWhatTheClientSaysThatItDid) {
  const Views all = views("server-violations");
  std::size_t judged = 0;
  const json truth = truth_document("server-violations");
  for (const json& connection : truth["connections"]) {
    const json& client = connection["client"];
    const auto rule = rule_of_case.find(client["case"]);
    if (rule == rule_of_case.end()) continue;
    for (const json& session : all.sessions) {
      if (session["client"] != "127.0.0.1:" + client["client_port"].dump()) continue;
      const json* entry = entry_for(all.endpoints, session, {{"by", "server"}, {"id", rule->second}});
      ASSERT_NE(entry, nullptr) << rule->first;
      const json& reaction = (*entry)["reaction"];
      ASSERT_TRUE(reaction.is_object()) << rule->first;
      EXPECT_EQ(reaction["kind"], "closed");
      EXPECT_EQ(reaction["code"], client["close_sent"]["code"]) << rule->first;
      ++judged;
    }
  }
  EXPECT_EQ(judged, rule_of_case.size());
}

/// From the packet with the error to that with the Close.
TEST(Conformance, TheReactionTookAsLongAsThePacketsSay) {
  const Views all = views("server-violations");
  std::map<std::uint64_t, double> times;
  for (const std::string& line :
       lines_of(tshark("server-violations", {"-T", "fields", "-e", "frame.number", "-e", "frame.time_epoch"}).out))
    times[std::stoull(line)] = std::stod(line.substr(line.find('\t')));
  std::size_t judged = 0;
  for (const json& session : all.sessions)
    for (const json& rule : session["rules"]) {
      const json* entry = entry_for(all.endpoints, session, rule);
      ASSERT_NE(entry, nullptr);
      if (!(*entry)["reaction"].is_object()) continue;
      const double error = times.at(rule["first_frame"]);
      const double close = times.at(session["frames"]["close_client"]);
      EXPECT_NEAR((*entry)["reaction"]["after"].get<double>(), close - error, 1e-6) << rule;
      ++judged;
    }
  EXPECT_EQ(judged, rule_of_case.size());
}

TEST(Conformance, AnEndWithoutErrorsComesBehindOneThatHasSome) {
  const Views all = views("server-violations");
  ASSERT_EQ(all.endpoints.size(), 2U);
  EXPECT_EQ(all.endpoints[0]["role"], "server");
  EXPECT_GE(broken_of(all.endpoints[0], "error"), rule_of_case.size());
  EXPECT_EQ(all.endpoints[1]["role"], "client");
  EXPECT_EQ(broken_of(all.endpoints[1], "error"), 0U);
  for (const json& broken : all.endpoints[1]["broken"]) EXPECT_TRUE(broken["reaction"].is_null()) << broken;
}

// ---- names

json only_endpoint(const std::vector<json>& endpoints, const std::string& role) {
  std::vector<json> found;
  for (const json& each : endpoints)
    if (each["role"] == role) found.push_back(each);
  EXPECT_EQ(found.size(), 1U);
  return found.empty() ? json::object() : found[0];
}

TEST(Conformance, EndpointsAreNamedByUserAgentAndServer) {
  TinyCapture capture;
  capture.upgrade(tiny_request("User-Agent: tiny/1.0\r\n"), tiny_answer("Server: big/2.0\r\n"));
  capture.server_sends(tiny_frame(0x3, "?"));
  const Views all = views(capture.file("names.pcap"));
  const json client = only_endpoint(all.endpoints, "client");
  const json server = only_endpoint(all.endpoints, "server");
  EXPECT_EQ(client["name"], "tiny/1.0");
  EXPECT_EQ(client["address"], "192.0.2.10");
  EXPECT_EQ(server["name"], "big/2.0");
  EXPECT_EQ(server["address"], "192.0.2.80:8080");
  ASSERT_EQ(server["broken"].size(), 1U);
  EXPECT_EQ(server["broken"][0]["id"], "opcode-reserved");
  const std::string text = unwrapped(all.text);
  EXPECT_NE(text.find("server \"big/2.0\" at 192.0.2.80:8080 1 session, "), std::string::npos) << text;
  EXPECT_NE(text.find("client \"tiny/1.0\" at 192.0.2.10 1 session, "), std::string::npos) << text;
}

TEST(Conformance, WithoutANameItIsSaidSo) {
  TinyCapture capture;
  capture.upgrade(tiny_request(), tiny_answer());
  const Views all = views(capture.file("unnamed.pcap"));
  for (const char* role : {"client", "server"}) EXPECT_EQ(only_endpoint(all.endpoints, role)["name"], "(unnamed)");
  EXPECT_NE(unwrapped(all.text).find("client (unnamed) at 192.0.2.10 "), std::string::npos);
}

/// Escape sequences, characters that turn the writing direction, and more of them than a line has room for.
TEST(Conformance, ANameFromAPeerIsHarmlessAndShort) {
  std::string evil = "\x1b[2J";
  for (int i = 0; i < 200; ++i) evil += "\u202e";
  TinyCapture capture;
  capture.upgrade(tiny_request("User-Agent: " + evil + "\r\n"),
                  tiny_answer("Server: " + std::string(5000, 's') + "\r\n"));
  const Views all = views(capture.file("evil.pcap"));
  EXPECT_EQ(only_endpoint(all.endpoints, "client")["name"], evil);
  EXPECT_NE(unwrapped(all.text).find("client \"\\u{1b}[2J\\u{202e}"), std::string::npos);
  EXPECT_NE(unwrapped(all.text).find("server \"ssss"), std::string::npos);
  for (const std::string& line : all.text) expect_harmless(line);
}

// ---- how they are asked for

TEST(Conformance, AnUnknownReportsErrorListsBoth) {
  for (const char* wrong :
       {"wslens,conformity", "wslens,conformance-jso", "wslens,conformance2", "wslens_conformance,tree"}) {
    const Result result = tshark("seed-demo", {"-q", "-z", wrong});
    EXPECT_NE(result.status, 0) << wrong;
    EXPECT_TRUE(result.out.empty()) << result.out;
    ASSERT_EQ(lines_of(result.err).size(), 1U) << result.err;
    EXPECT_NE(result.err.find("wslens,conformance,"), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("wslens,conformance-json;"), std::string::npos) << result.err;
  }
}

TEST(Conformance, AFilterSelectsTheSessionsThatAreAddedUp) {
  const auto asked = [](const std::string& filter) {
    return json_lines(tshark("server-violations", {"-q", "-z", "wslens,conformance-json" + filter}).out);
  };
  ASSERT_EQ(asked("").size(), 2U);
  EXPECT_EQ(asked("")[0]["sessions"], 13);
  const auto one = asked(",wslens.session == 2");
  ASSERT_EQ(one.size(), 2U);
  EXPECT_EQ(one[0]["sessions"], 1);
  EXPECT_EQ(one[0]["broken"][0]["id"], "server-frame-masked");
  EXPECT_TRUE(asked(",frame.number == 999999").empty());
}

TEST(Conformance, AWrongFilterGetsOneLine) {
  for (const char* name : {"conformance", "conformance-json"}) {
    const Result result = tshark("seed-demo", {"-q", "-z", "wslens," + std::string(name) + ",tcp.port ===== 1"});
    EXPECT_NE(result.status, 0);
    EXPECT_TRUE(result.out.empty());
    EXPECT_EQ(lines_of(result.err).size(), 1U) << result.err;
  }
}

TEST(Conformance, NothingToShowIsSaidInTextAndNotInJson) {
  const Result text = tshark("negative-random", {"-q", "-z", "wslens,conformance"});
  EXPECT_EQ(text.status, 0);
  EXPECT_EQ(lines_of(text.out).size(), 1U) << text.out;
  EXPECT_TRUE(tshark("negative-random", {"-q", "-z", "wslens,conformance-json"}).out.empty());
}

// ---- the statistics tree

struct TreeRow {
  std::size_t depth = 0;  ///< 0: the topmost
  std::string name;
  std::uint64_t count = 0;
};

std::vector<TreeRow> tree_of(const std::string& sample, const Arguments& more) {
  Arguments arguments = more;
  arguments.insert(arguments.end(), {"-q", "-z", "websocket_conformance,tree"});
  const Result result = tshark(sample, arguments);
  EXPECT_EQ(result.status, 0) << result.err;
  static const std::regex row(
      "( *)(Endpoints.*?|client .*?|server .*?|(?:error|warning|note) .*?|packet .*?) {2,}(\\d+) .*");
  std::vector<TreeRow> rows;
  std::smatch found;
  for (const std::string& line : lines_of(result.out))
    if (std::regex_match(line, found, row))
      rows.push_back({found[1].str().size(), found[2].str(), std::stoull(found[3].str())});
  return rows;
}

/// "server 127.0.0.1:9810 error opcode-reserved" and how often.
using Totals = std::map<std::string, std::uint64_t>;

Totals totals_of(const std::vector<TreeRow>& rows) {
  Totals totals;
  std::string endpoint;
  for (const TreeRow& row : rows) {
    if (row.depth == 1) endpoint = row.name.substr(0, 6) + row.name.substr(row.name.rfind(" at ") + 3);
    if (row.depth == 2) totals[endpoint + " " + row.name] += row.count;
  }
  return totals;
}

Totals totals_of(const std::vector<json>& endpoints) {
  Totals totals;
  for (const json& endpoint : endpoints)
    for (const json& broken : endpoint["broken"])
      totals[endpoint["role"].get<std::string>() + " " + endpoint["address"].get<std::string>() + " " +
             broken["severity"].get<std::string>() + " " + broken["id"].get<std::string>()] +=
          broken["count"].get<std::uint64_t>();
  return totals;
}

class ConformanceTreeOfSample : public ::testing::TestWithParam<const char*> {};

TEST_P(ConformanceTreeOfSample, HasTheCountsOfTheReport) {
  const Totals want = totals_of(views(GetParam()).endpoints);
  ASSERT_FALSE(want.empty());
  EXPECT_EQ(totals_of(tree_of(GetParam(), {"-2"})), want);
}

TEST_P(ConformanceTreeOfSample, ARowIsTheSumOfThoseBelowIt) {
  const std::vector<TreeRow> rows = tree_of(GetParam(), {"-2"});
  ASSERT_GE(rows.size(), 4U);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::uint64_t below = 0;
    std::size_t children = 0;
    for (std::size_t j = i + 1; j < rows.size() && rows[j].depth > rows[i].depth; ++j) {
      if (rows[j].depth != rows[i].depth + 1) continue;
      below += rows[j].count;
      ++children;
    }
    EXPECT_EQ(children == 0, rows[i].depth == 3 || rows[i].count == 0) << rows[i].name;
    EXPECT_TRUE(children == 0 || rows[i].count == below) << rows[i].name << ": " << below;
  }
}

INSTANTIATE_TEST_SUITE_P(Some, ConformanceTreeOfSample,
                         ::testing::Values("server-violations", "violations", "rules-several"), [](const auto& sample) {
                           std::string name = sample.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

/// What was decided by its last packet: nothing in this one waits for the end of the capture.
TEST(ConformanceTree, OnePassOfTsharkIsEnoughWhereNothingWaitsForTheEnd) {
  EXPECT_EQ(totals_of(tree_of("server-violations", {})), totals_of(views("server-violations").endpoints));
}

/// Each lowest row is "packet N: FILTER", and the filter finds that packet.
TEST(ConformanceTree, TheFilterOfARowFindsItsPacket) {
  static const std::regex leaf("packet (\\d+): (wslens\\.rule == \"([a-z0-9-]+)\" && wslens\\.session == (\\d+))");
  std::set<std::string> rules;
  std::smatch found;
  for (const TreeRow& row : tree_of("server-violations", {"-2"})) {
    if (row.depth != 3) continue;
    ASSERT_TRUE(std::regex_match(row.name, found, leaf)) << row.name;
    if (!rules.insert(found[3]).second) continue;  // one of each rule will do
    const auto numbers =
        lines_of(tshark("server-violations", {"-2", "-Y", found[2].str(), "-T", "fields", "-e", "frame.number"}).out);
    EXPECT_EQ(std::count(numbers.begin(), numbers.end(), found[1].str()), 1) << row.name;
  }
  EXPECT_GE(rules.size(), rule_of_case.size());
}

TEST(ConformanceTree, WithoutAWebSocketThereIsOnlyTheTopmostRow) {
  const auto rows = tree_of("negative-random", {});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].count, 0U);
}

}  // namespace
}  // namespace wslens::test
