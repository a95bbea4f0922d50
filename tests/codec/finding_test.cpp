// SPDX-License-Identifier: GPL-2.0-or-later
#include "finding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "session.h"

namespace websocket {
namespace {

bool is_kebab_case(std::string_view id) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
  return !id.empty() && id.front() != '-' && id.back() != '-' && std::all_of(id.begin(), id.end(), allowed);
}

TEST(FindingTable, HasARowForEachFindingInTheOrderOfTheEnum) {
  ASSERT_EQ(finding_table().size(), finding_count);
  for (std::size_t i = 0; i < finding_count; ++i) {
    EXPECT_EQ(finding_table()[i].finding, static_cast<Finding>(i));
    EXPECT_EQ(&finding_info(static_cast<Finding>(i)), &finding_table()[i]);
  }
}

TEST(FindingTable, IdsAreUniqueAndInKebabCaseAndNoIdOfARule) {
  std::set<std::string_view> ids;
  for (const RuleInfo& rule : rule_table()) ids.insert(rule.id);
  for (const FindingInfo& info : finding_table()) {
    EXPECT_TRUE(is_kebab_case(info.id)) << info.id;
    EXPECT_TRUE(info.id.starts_with("capture-")) << info.id;
    EXPECT_TRUE(ids.insert(info.id).second) << info.id;
  }
}

TEST(FindingTable, SentencesAreUniqueAndWhole) {
  std::set<std::string_view> sentences;
  for (const FindingInfo& info : finding_table()) {
    EXPECT_TRUE(sentences.insert(info.sentence).second) << info.id;
    EXPECT_GE(info.sentence.size(), 30U) << info.id;
    EXPECT_TRUE(info.sentence.front() >= 'A' && info.sentence.front() <= 'Z') << info.id;
    EXPECT_EQ(info.sentence.back(), '.') << info.id;
  }
}

TEST(FindingTable, EachRowSaysWhatItsAmountCounts) {
  for (const FindingInfo& info : finding_table()) {
    EXPECT_FALSE(info.amount.empty()) << info.id;
    const auto counts = [&](std::string_view what) { return info.amount.find(what) != std::string_view::npos; };
    EXPECT_TRUE(counts("bytes") || counts("bits") || counts("sessions")) << info.id;
  }
}

/// What is missing is a warning; what the lens made of it, or left out on purpose, is a note.
TEST(FindingTable, OnlyWhatIsMissingIsAWarningAndNothingIsAnError) {
  for (const FindingInfo& info : finding_table()) {
    const bool missing =
        info.finding == Finding::gap || info.finding == Finding::context_lost || info.finding == Finding::sessions_full;
    EXPECT_EQ(info.severity, missing ? Severity::warning : Severity::note) << info.id;
  }
}

TEST(FindingTable, IdsSayWhatTheFindingsAre) {
  constexpr std::string_view ids[] = {
      "capture-gap",          "capture-snapshot-cut", "capture-resynchronised",    "capture-late-start",
      "capture-context-lost", "capture-data-cut",     "capture-inflating-stopped", "capture-sessions-full"};
  ASSERT_EQ(std::size(ids), finding_count);
  for (std::size_t i = 0; i < finding_count; ++i) EXPECT_EQ(finding_table()[i].id, ids[i]);
}

TEST(SessionFindings, AmountsOfTheSameFindingAddUpForEachEndByItself) {
  Session session;
  session.note(Finding::gap, Role::client, 10, 5);
  session.note(Finding::gap, Role::server, 100, 6);
  session.note(Finding::gap, Role::client, 1, 7);
  session.note(Finding::snapshot_cut, Role::client, 1000, 8);
  ASSERT_EQ(session.findings.size(), 3U);
  EXPECT_EQ(session.findings[0].count, 2U);
  EXPECT_EQ(session.findings[0].amount, 11U);
  EXPECT_EQ(session.findings[0].first_packet, 5U);
  EXPECT_EQ(session.findings[1].in, Role::server);
  EXPECT_EQ(session.findings[1].amount, 100U);
  EXPECT_EQ(session.findings[2].finding, Finding::snapshot_cut);
  EXPECT_EQ(session.findings[2].amount, 1000U);
}

TEST(SessionFindings, OfEvidenceTheLeastCounts) {
  Session session;
  for (const std::uint64_t bits : {40U, 30U, 50U}) session.note(Finding::resynchronised, Role::server, bits, 1);
  ASSERT_EQ(session.findings.size(), 1U);
  EXPECT_EQ(session.findings[0].count, 3U);
  EXPECT_EQ(session.findings[0].amount, 30U);
}

}  // namespace
}  // namespace websocket
