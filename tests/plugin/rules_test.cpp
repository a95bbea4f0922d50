// SPDX-License-Identifier: GPL-2.0-or-later
/// Each rule three times, on the samples rules-*: reported when broken, silent when kept, silent when the evidence was
/// not captured. What is expected was written down by the script that made the packets.
#include <gtest/gtest.h>

#include <set>

#include "support/truth.h"
#include "violation.h"

namespace wslens::test {
namespace {

using nlohmann::json;
using Ids = std::set<std::string>;

const std::vector<std::string> rule_samples = {"rules-handshake", "rules-frames", "rules-messages", "rules-close",
                                               "rules-several"};

struct Case {
  std::string sample;
  json client;  ///< the record of the client, with what is expected
  int port = 0;
};
using CasesByVariant = std::map<std::string, Case>;

/// By rule.
const std::map<std::string, CasesByVariant>& cases() {
  static const std::map<std::string, CasesByVariant> all = [] {
    std::map<std::string, CasesByVariant> found;
    for (const std::string& sample : rule_samples) {
      const json document = truth_document(sample);
      for (const json& connection : document["connections"]) {
        const json& client = connection["client"];
        if (!client.contains("variant")) continue;
        found[client["rule"]][client["variant"]] = {sample, client, connection["client_port"].get<int>()};
      }
    }
    return found;
  }();
  return all;
}

/// Null: there is none.
json session_of(const Case& each, const Arguments& more) {
  const std::map<int, json> sessions = sessions_by_port(each.sample, more);
  const auto found = sessions.find(each.port);
  return found == sessions.end() ? json() : found->second;
}

Ids broken_by(const json& session, const std::string& role) {
  Ids ids;
  for (const json& rule : session["rules"])
    if (rule["by"] == role) ids.insert(rule["id"].get<std::string>());
  return ids;
}

std::string name_of(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
}

std::vector<std::string> ids() {
  std::vector<std::string> all;
  for (const websocket::RuleInfo& info : websocket::rule_table()) all.emplace_back(info.id);
  return all;
}

class EachRule : public ::testing::TestWithParam<std::string> {
 protected:
  static void expect_as_written(const std::string& variant) {
    ASSERT_EQ(cases().count(GetParam()), 1U) << "add it to tools/samples/rules_*.py";
    const Case& each = cases().at(GetParam()).at(variant);
    for (const Arguments& pass : {Arguments{}, Arguments{"-2"}}) {
      const json session = session_of(each, pass);
      ASSERT_TRUE(session.is_object()) << each.port;
      for (const char* const role : {"client", "server"})
        EXPECT_EQ(broken_by(session, role), each.client["expect"][role].get<Ids>())
            << each.sample << " " << each.port << " " << role;
    }
  }
};

TEST_P(EachRule, IsReportedWhenBroken) {
  expect_as_written("broken");
  const json& expected = cases().at(GetParam()).at("broken").client["expect"];
  EXPECT_EQ(expected["client"].get<Ids>().count(GetParam()) + expected["server"].get<Ids>().count(GetParam()) > 0,
            true);
}

TEST_P(EachRule, IsSilentWhenKept) { expect_as_written("kept"); }

TEST_P(EachRule, IsSilentWhenTheEvidenceIsMissing) {
  const Case& each = cases().at(GetParam()).at("missing");
  const json session = session_of(each, {});
  if (session.is_null()) return;  // not even its request was captured
  for (const char* const role : {"client", "server"})
    EXPECT_EQ(broken_by(session, role).count(GetParam()), 0U) << each.sample << " " << each.port << " " << role;
}

INSTANTIATE_TEST_SUITE_P(Rules, EachRule, ::testing::ValuesIn(ids()), name_of);

TEST(RuleSamples, HoldEachRuleThreeTimes) {
  EXPECT_EQ(cases().size(), websocket::rule_count);
  for (const auto& [rule, variants] : cases()) EXPECT_EQ(variants.size(), 3U) << rule;
}

/// A rule stands in the packets as often as in the report: none is known to the report alone.
TEST(RuleSamples, ThePacketsShowEachRuleOfTheReport) {
  for (const std::string& sample : rule_samples) {
    std::set<std::pair<int, std::string>> reported;
    for (const json& session : report(sample, "sessions-json"))
      for (const json& rule : session["rules"])
        reported.emplace(session["session"].get<int>(), rule["id"].get<std::string>());
    std::set<std::pair<int, std::string>> shown;
    const std::string out =
        tshark(sample, {"-2", "-Y", "wslens.rule", "-T", "fields", "-e", "wslens.session", "-e", "wslens.rule"}).out;
    for (const std::string& line : lines_of(out)) {
      const std::size_t tab = line.find('\t');
      std::stringstream rules(line.substr(tab + 1));
      for (std::string rule; std::getline(rules, rule, ',');) shown.emplace(std::stoi(line), rule);
    }
    EXPECT_EQ(shown, reported) << sample;
  }
}

// ---- real programs

Ids errors_by(const json& session, const std::string& role) {
  Ids ids;
  for (const json& rule : session["rules"])
    if (rule["by"] == role && rule["severity"] == "error") ids.insert(rule["id"].get<std::string>());
  return ids;
}

/// What kinds of rules the verdicts of the truth file stand for.
bool is_of_kind(const std::string& verdict, const Ids& ids) {
  const auto any = [&](const Ids& wanted) {
    return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& id) { return ids.count(id) != 0; });
  };
  if (verdict == "invalid-utf8") return any({"text-not-utf8", "close-reason-not-utf8"});
  if (verdict == "bad-deflate") return any({"compressed-data-malformed"});
  if (verdict.starts_with("protocol-error (masked")) return any({"server-frame-masked"});
  Ids others = ids;
  for (const char* const id : {"close-unanswered", "message-unfinished"}) others.erase(id);
  return verdict.starts_with("protocol-error") && !others.empty();
}

TEST(RealPrograms, OfAServerThatBreaksRulesEachSessionBreaksTheOneThatItSays) {
  const std::map<int, json> sessions = sessions_by_port("server-violations");
  std::size_t valid = 0, broken = 0;
  const json document = truth_document("server-violations");
  for (const json& connection : document["connections"]) {
    const std::string verdict = connection["server"]["expected_verdict"];
    const json& session = sessions.at(std::stoi(connection["client_port"].dump()));
    const Ids by_server = errors_by(session, "server");
    EXPECT_EQ(errors_by(session, "client"), Ids{}) << verdict;
    if (verdict == "valid") {
      ++valid;
      EXPECT_EQ(by_server, Ids{}) << connection["server"]["case"];
    } else {
      ++broken;
      EXPECT_TRUE(is_of_kind(verdict, by_server)) << verdict << " " << json(by_server);
    }
  }
  EXPECT_GE(valid, 2U);
  EXPECT_GE(broken, 10U);
}

bool was_made_by_programs(const std::string& sample) {
  const json document = truth_document(sample);
  return document["stacks"].value("server", "") != "tools/make-samples";
}

TEST(RealPrograms, BreakNoMustWhereTheirTruthDoesNotSaySo) {
  const std::set<std::string> said = {"server-violations", "failed-handshakes"};
  std::size_t silent = 0;
  for (const std::string& sample : samples()) {
    if (said.count(sample) != 0 || !was_made_by_programs(sample)) continue;
    ++silent;
    for (const json& session : report(sample, "sessions-json"))
      for (const char* const role : {"client", "server"})
        EXPECT_EQ(errors_by(session, role), Ids{}) << sample << " session " << session["session"];
  }
  EXPECT_GE(silent, 15U);
}

}  // namespace
}  // namespace wslens::test
