// SPDX-License-Identifier: GPL-2.0-or-later
#include "violation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <type_traits>
#include <vector>

namespace websocket {
namespace {

bool is_kebab_case(std::string_view id) {
  const auto allowed = [](unsigned char c) { return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-'; };
  return !id.empty() && std::ranges::all_of(id, allowed) && id.front() != '-' && id.back() != '-' &&
         id.find("--") == std::string_view::npos;
}

/// "RFC 6455 §5.1": a number of an RFC we read, and a section in it.
bool is_section(std::string_view text) {
  for (const std::string_view rfc : {"RFC 6455 §", "RFC 7692 §", "RFC 9110 §", "RFC 9112 §"}) {
    if (!text.starts_with(rfc)) continue;
    const std::string_view number = text.substr(rfc.size());
    return !number.empty() && number.front() != '.' && number.back() != '.' &&
           number.find_first_not_of("0123456789.") == std::string_view::npos;
  }
  return false;
}

TEST(RuleTable, HasARowForEachRuleInTheOrderOfTheEnum) {
  ASSERT_EQ(rule_table().size(), rule_count);
  for (std::size_t i = 0; i < rule_count; ++i) {
    const auto rule = static_cast<Rule>(i);
    EXPECT_EQ(rule_table()[i].rule, rule) << i;
    EXPECT_EQ(&rule_info(rule), &rule_table()[i]) << i;
  }
  EXPECT_EQ(rule_count, 89U) << "a rule was added or taken away: say so in the changelog, then here";
}

TEST(RuleTable, IdsAreUniqueAndInKebabCase) {
  std::set<std::string_view> ids;
  for (const RuleInfo& row : rule_table()) {
    EXPECT_TRUE(is_kebab_case(row.id)) << row.id;
    ids.insert(row.id);
  }
  EXPECT_EQ(ids.size(), rule_count);
}

TEST(RuleTable, SentencesAreUniqueAndWhole) {
  std::set<std::string_view> sentences;
  for (const RuleInfo& row : rule_table()) {
    ASSERT_FALSE(row.sentence.empty()) << row.id;
    EXPECT_NE(std::isupper(static_cast<unsigned char>(row.sentence.front())), 0) << row.sentence;
    EXPECT_EQ(row.sentence.back(), '.') << row.sentence;
    sentences.insert(row.sentence);
  }
  EXPECT_EQ(sentences.size(), rule_count);
}

TEST(RuleTable, EachRowNamesItsSection) {
  std::size_t checked = 0;
  for (const RuleInfo& row : rule_table()) {
    EXPECT_TRUE(is_section(row.section)) << row.id << ": " << row.section;
    ++checked;
  }
  EXPECT_EQ(checked, rule_count);
}

/// Ids that begin with an end or a message name the one at fault; the exceptions are named here.
TEST(RuleTable, TheDutyFitsTheId) {
  std::size_t checked = 0;
  for (const RuleInfo& row : rule_table()) {
    if (row.id.starts_with("request-") || row.id.starts_with("client-")) {
      EXPECT_EQ(row.duty, Duty::client) << row.id;
    }
    if (row.id.starts_with("response-") || row.id.starts_with("server-")) {
      EXPECT_EQ(row.duty, Duty::server) << row.id;
    }
    if (row.phase == Phase::request) {
      EXPECT_EQ(row.duty, Duty::client) << row.id;
    }
    if (row.phase == Phase::response && row.rule != Rule::invalid_response_used) {
      EXPECT_EQ(row.duty, Duty::server) << row.id;
    }
    ++checked;
  }
  EXPECT_EQ(checked, rule_count);
}

/// rules.md's own list of what chance, or something in between, may look like.
TEST(RuleTable, WhatMayBeChanceIsNoError) {
  for (const Rule rule : {Rule::request_key_reused, Rule::request_key_not_random, Rule::request_while_connecting,
                          Rule::reconnect_without_delay, Rule::masking_key_repeated, Rule::masking_key_predictable,
                          Rule::tcp_kept_open_after_close, Rule::tcp_closed_by_client_first})
    EXPECT_NE(rule_info(rule).severity, Severity::error) << rule_info(rule).id;
}

TEST(RuleTable, OnlyAnErrorObligesThePeerToFail) {
  for (const RuleInfo& row : rule_table())
    if (row.fatal) {
      EXPECT_EQ(row.severity, Severity::error) << row.id;
    }
}

TEST(PhaseName, IsTheWord) {
  EXPECT_EQ(phase_name(Phase::request), "request");
  EXPECT_EQ(phase_name(Phase::closing), "closing");
  EXPECT_EQ(duty_name(Duty::client), "client");
  EXPECT_EQ(duty_name(Duty::receiver), "receiver");
}

struct Spot {
  Rule rule;
  std::string_view id;
  std::string_view section;
  Severity severity;
};

// One rule of each section, so that a row that slid cannot pass; ids are a promise to users and never change.
const std::vector<Spot> spots = {
    {Rule::request_method_not_get, "request-method-not-get", "RFC 6455 §4.1", Severity::error},
    {Rule::request_key_repeated, "request-key-repeated", "RFC 6455 §11.3.1", Severity::error},
    {Rule::request_version_repeated, "request-version-repeated", "RFC 6455 §11.3.5", Severity::error},
    {Rule::request_extensions_malformed, "request-extensions-malformed", "RFC 6455 §9.1", Severity::error},
    {Rule::request_deflate_parameters_wrong, "request-deflate-parameters-wrong", "RFC 7692 §7.1", Severity::error},
    {Rule::response_accept_wrong, "response-accept-wrong", "RFC 6455 §4.2.2", Severity::error},
    {Rule::response_accept_repeated, "response-accept-repeated", "RFC 6455 §11.3.3", Severity::error},
    {Rule::response_deflate_parameters_wrong, "response-deflate-parameters-wrong", "RFC 7692 §7.1", Severity::error},
    {Rule::response_subprotocol_repeated, "response-subprotocol-repeated", "RFC 6455 §11.3.4", Severity::error},
    {Rule::client_frame_unmasked, "client-frame-unmasked", "RFC 6455 §5.1", Severity::error},
    {Rule::rsv2_or_rsv3_set, "rsv2-or-rsv3-set", "RFC 6455 §5.2", Severity::error},
    {Rule::control_frame_too_long, "control-frame-too-long", "RFC 6455 §5.5", Severity::error},
    {Rule::rsv1_on_control_frame, "rsv1-on-control-frame", "RFC 7692 §6", Severity::error},
    {Rule::message_unfinished, "message-unfinished", "RFC 6455 §5.4", Severity::error},
    {Rule::text_not_utf8, "text-not-utf8", "RFC 6455 §5.6", Severity::error},
    {Rule::compressed_data_malformed, "compressed-data-malformed", "RFC 7692 §7.2.1", Severity::error},
    {Rule::deflate_beyond_window, "deflate-beyond-window", "RFC 7692 §7.1.2", Severity::error},
    {Rule::compression_bomb, "compression-bomb", "RFC 7692 §8", Severity::warning},
    {Rule::close_payload_one_byte, "close-payload-one-byte", "RFC 6455 §5.5.1", Severity::error},
    {Rule::close_code_not_allowed, "close-code-not-allowed", "RFC 6455 §7.4", Severity::error},
};

TEST(RuleTable, RowsSayWhatTheRfcSays) {
  for (const Spot& spot : spots) {
    SCOPED_TRACE(spot.id);
    const RuleInfo& row = rule_info(spot.rule);
    EXPECT_EQ(row.id, spot.id);
    EXPECT_EQ(row.section, spot.section);
    EXPECT_EQ(row.severity, spot.severity);
  }
  EXPECT_EQ(spots.size(), 20U);
}

TEST(SeverityName, IsTheWord) {
  EXPECT_EQ(severity_name(Severity::note), "note");
  EXPECT_EQ(severity_name(Severity::warning), "warning");
  EXPECT_EQ(severity_name(Severity::error), "error");
}

TEST(ViolationSet, HoldsEachRuleByItself) {
  std::size_t checked = 0;
  for (const RuleInfo& added : rule_table()) {
    ViolationSet set;
    EXPECT_TRUE(set.empty());
    set.add(added.rule);
    EXPECT_FALSE(set.empty());
    for (const RuleInfo& asked : rule_table()) {
      EXPECT_EQ(set.has(asked.rule), asked.rule == added.rule) << added.id << ", " << asked.id;
      ++checked;
    }
  }
  EXPECT_EQ(checked, rule_count * rule_count);
}

TEST(ViolationSet, AddingASetKeepsBoth) {
  ViolationSet first;
  first.add(Rule::request_method_not_get);
  ViolationSet last;
  last.add(Rule::close_repeated);
  ViolationSet both = first;
  both.add(last);
  EXPECT_TRUE(both.has(Rule::request_method_not_get));
  EXPECT_TRUE(both.has(Rule::close_repeated));
  EXPECT_NE(both, first);
  EXPECT_NE(both, last);
}

// Records that hold one outlive Wireshark's longjmp.
static_assert(std::is_trivially_destructible_v<ViolationSet>);
static_assert(std::is_trivially_copyable_v<ViolationSet>);

}  // namespace
}  // namespace websocket
