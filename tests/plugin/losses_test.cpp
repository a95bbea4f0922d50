// SPDX-License-Identifier: GPL-2.0-or-later
/// What was lost, late, cut or hostile: the defects of the built-in that are about it, and the findings that say so.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>

#include "support/truth.h"

namespace wslens::test {
namespace {

using nlohmann::json;

/// Messages whose bytes the lens claims to know are messages that were sent, in order, in one pass and in two.
Reports expect_nothing_wrong(const std::string& sample) {
  Reports shown = reports(sample);
  EXPECT_TRUE(shown.messages == reports(sample, {"-2"}).messages) << "two passes show something else";
  const Messages sent = as_sent(sample);
  for (const auto& [direction, messages] : as_shown(shown, Which::data, {"exact", "inferred", "after-gap"})) {
    const auto whole = sent.find(direction);
    if (whole == sent.end()) continue;  // nobody says anything of it
    EXPECT_TRUE(is_subsequence(messages, whole->second)) << direction;
  }
  return shown;
}

std::size_t count(const Reports& shown, const char* trust) {
  return static_cast<std::size_t>(std::count_if(shown.messages.begin(), shown.messages.end(), [&](const json& message) {
    return message["number"].is_number() && message["trust"] == trust;
  }));
}

std::set<std::string> findings(const Reports& shown) {
  std::set<std::string> ids;
  for (const json& session : shown.sessions)
    for (const json& finding : session["findings"]) ids.insert(finding["id"].get<std::string>());
  return ids;
}

using Ids = std::set<std::string>;

TEST(Defect10, AfterALostSegmentNoMessageIsShownAsAnother) {
  const Reports shown = expect_nothing_wrong("defect-10-lost-segment-compressed");
  EXPECT_GT(count(shown, "exact"), 100U);
  EXPECT_GT(count(shown, "after-gap"), 30U);
  EXPECT_GT(count(shown, "undecodable"), 20U);
  EXPECT_TRUE(findings(shown).count("capture-gap") == 1 && findings(shown).count("capture-context-lost") == 1);
  for (const json& message : shown.messages)
    EXPECT_EQ(message["trust"] == "undecodable", message.value("text", json("bytes")).is_null());
}

TEST(Defect17, OfAShortSnapshotIsShownWhatWasCaptured) {
  const Reports shown = expect_nothing_wrong("defect-17-short-snapshot");
  std::size_t with_beginning = 0;
  for (const json& message : shown.messages)
    if (message["trust"] == "truncated" && message.contains("text") && !message["text"].get<std::string>().empty())
      ++with_beginning;
  EXPECT_GT(with_beginning, 20U);
  EXPECT_EQ(findings(shown).count("capture-snapshot-cut"), 1U);
  EXPECT_TRUE(count(shown, "after-gap") > 20 && count(shown, "exact") > 0);
}

TEST(Defect21, ABombIsGivenUpAndTheSessionGoesOn) {
  const Reports shown = expect_nothing_wrong("defect-21-bomb");
  EXPECT_EQ(count(shown, "undecodable"), 3U);  // two bombs, and what refers back into one
  EXPECT_EQ(count(shown, "exact"), 31U);
  std::size_t bombs = 0;
  for (const json& session : shown.sessions)
    for (const json& rule : session["rules"])
      if (rule["id"] == "compression-bomb") ++bombs;
  EXPECT_EQ(bombs, 2U);
}

TEST(Defect21, TheFindingNamesThePreferencesAndTheyLiftTheCap) {
  const Reports shown = reports("defect-21-bomb");
  EXPECT_EQ(findings(shown).count("capture-inflating-stopped"), 1U);
  const Reports lifted = reports("defect-21-bomb", {"-o", "wslens.expansion:2000", "-o", "wslens.inflated_mib:4096"});
  EXPECT_EQ(findings(lifted).count("capture-inflating-stopped"), 0U);
  EXPECT_GT(count(lifted, "exact"), count(shown, "exact"));
  const Reports lowered = reports("defect-21-bomb", {"-o", "wslens.inflated_mib:0"});
  EXPECT_LT(count(lowered, "exact"), count(shown, "exact"));
}

/// A session is given up before another one is touched: what was found first stays whole.
TEST(Sessions, BeyondThePreferenceAreNotFollowedAndThatIsSaid) {
  const Reports all = reports("lost-headers-many");
  ASSERT_GT(all.sessions.size(), 3U);
  const Arguments three{"-o", "wslens.sessions:3"};
  for (const char* passes : {"-n", "-2"}) {
    Arguments arguments{passes, "-q", "-z", "wslens,sessions-json"};
    arguments.insert(arguments.end(), three.begin(), three.end());
    const Result result = tshark("lost-headers-many", arguments);
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(json_lines(result.out), std::vector<json>(all.sessions.begin(), all.sessions.begin() + 3));
    const std::string more = std::to_string(all.sessions.size() - 3) + " WebSockets more are not followed";
    EXPECT_NE(result.err.find(more), std::string::npos) << result.err;
    EXPECT_EQ(result.err.find(more), result.err.rfind(more)) << "said twice";
  }
  Arguments fields{"-Y", "wslens.finding.capture-sessions-full", "-T", "fields", "-e", "frame.number"};
  fields.insert(fields.end(), three.begin(), three.end());
  const std::string request = all.sessions[3]["frames"]["request"].dump() + "\n";
  EXPECT_EQ(tshark("lost-headers-many", fields).out, request);
}

/// KiB, of tshark's whole life.
long peak_memory(const Arguments& more, Plugin plugin) {
  rusage before{};
  getrusage(RUSAGE_CHILDREN, &before);
  EXPECT_EQ(tshark("defect-21-bomb", more, plugin).status, 0);
  rusage after{};
  getrusage(RUSAGE_CHILDREN, &after);
  return after.ru_maxrss;  // of the largest child so far
}

TEST(Defect21, ABombCostsLessThan64MiB) {
  const long without = peak_memory({"-2", "-d", "tcp.port==8080,data"}, Plugin::absent);
  const long with_lens = peak_memory({"-2"}, Plugin::loaded);
  EXPECT_LT(with_lens - without, 64 * 1024);
  EXPECT_GT(without, 16 * 1024) << "that is no tshark";
}

TEST(Defect22, CompressedTrafficWithoutItsBeginningIsNotPrintedAsText) {
  const Reports shown = expect_nothing_wrong("defect-22-late-start-compressed");
  EXPECT_EQ(findings(shown), (Ids{"capture-context-lost", "capture-late-start"}));
  EXPECT_EQ(count(shown, "exact"), 0U);
  EXPECT_EQ(count(shown, "undecodable"), 16U);
  EXPECT_EQ(count(shown, "inferred"), 80U);
}

TEST(LateStart, IsRecognisedInBothDirectionsAndNothingInItIsExact) {
  const Reports shown = expect_nothing_wrong("late-start-plain");
  EXPECT_EQ(count(shown, "exact"), 0U);
  EXPECT_GT(count(shown, "inferred"), 90U);
  for (const json& session : shown.sessions) {
    EXPECT_TRUE(session["status"].is_null() && session["accept_ok"].is_null());
    EXPECT_NE(session["client"], "192.0.2.10:40006") << "ordinary HTTP";
  }
}

TEST(LateStart, ThePreferenceTurnsItOffAndDecodeAsGoesFirst) {
  const Arguments off{"-o", "wslens.late_start:FALSE"};
  EXPECT_TRUE(report("late-start-plain", "sessions-json", off).empty());
  Arguments chosen = off;
  chosen.insert(chosen.end(), {"-d", "tcp.port==8080,wslens"});
  EXPECT_GE(report("late-start-plain", "sessions-json", chosen).size(), 4U);
}

TEST(Losses, FramesAreFoundAgainBehindALostHeader) {
  const Reports shown = expect_nothing_wrong("lost-headers-many");
  EXPECT_GT(count(shown, "after-gap"), 350U);
  EXPECT_EQ(findings(shown).count("capture-resynchronised"), 1U);
}

TEST(Losses, AFindingStandsOnThePacketThatMadeItKnown) {
  const auto out = lines_of(tshark("lost-segment", {"-Y", "wslens.finding == \"capture-gap\"", "-T", "fields", "-e",
                                                    "frame.number", "-e", "wslens.finding.capture-gap"})
                                .out);
  ASSERT_EQ(out.size(), 1U);
  const json session = report("lost-segment", "sessions-json").at(0);
  EXPECT_EQ(std::to_string(session["findings"][0]["first_frame"].get<int>()), out[0].substr(0, out[0].find('\t')));
  EXPECT_EQ(session["findings"][0]["amount"], session["lost"]["server"]);
}

TEST(Hostile, NumbersThatJumpCostOnlyWhatTheyHide) {
  const Reports shown = expect_nothing_wrong("hostile-jumps");
  EXPECT_EQ(count(shown, "after-gap"), 0U);
  EXPECT_GT(count(shown, "exact"), 110U);
}

TEST(Hostile, NoiseAndEndlessHeadsCostNobodyAnything) {
  for (const char* sample : {"hostile-noise", "hostile-heads"}) {
    for (const char* how : {"-V", "-2"}) EXPECT_FALSE(tshark(sample, {how}).crashed) << sample;
    EXPECT_EQ(report(sample, "messages-json"), report(sample, "messages-json", {"-2"})) << sample;
  }
}

TEST(Hostile, AHeadBeyondTheCapIsASessionWithWhatIsKnown) {
  const auto sessions = report("hostile-heads", "sessions-json");
  const auto refused = [](const json& session) { return session["status"] == 431; };
  EXPECT_EQ(std::count_if(sessions.begin(), sessions.end(), refused), 1);
}

}  // namespace
}  // namespace wslens::test
