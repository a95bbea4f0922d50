// SPDX-License-Identifier: GPL-2.0-or-later
/// What nobody reads is not made: no tree, no JSON, no sentence. Whoever asks for a part of it must not notice.
#include <gmock/gmock.h>

#include <algorithm>

#include "support/truth.h"

namespace wslens::test {
namespace {

using Lines = std::vector<std::string>;

Lines run(const std::string& sample, const Arguments& arguments) {
  const Result result = tshark(sample, arguments);
  EXPECT_EQ(result.status, 0) << result.err;
  return lines_of(result.out);
}

/// Packets for which a filter holds, when nothing but their numbers is printed.
Lines filtered(const std::string& sample, const std::string& filter) {
  return run(sample, {"-Y", filter, "-T", "fields", "-e", "frame.number"});
}

/// Packets in whose printed tree a field stands.
Lines with_field(const std::string& sample, const std::string& field) {
  Lines numbers;
  for (const std::string& line : run(sample, {"-T", "fields", "-e", "frame.number", "-e", field})) {
    const std::size_t tab = line.find('\t');
    if (tab + 1 < line.size()) numbers.push_back(line.substr(0, tab));
  }
  return numbers;
}

class Unread : public testing::TestWithParam<const char*> {};

TEST_P(Unread, AFilterFindsWhatThePrintedTreeHolds) {
  std::size_t found = 0;
  for (const char* field : {"wslens.session", "wslens.finding", "wslens.rule", "wslens.verdict", "wslens.message.type",
                            "websocket.payload.text", "websocket.opcode", "json.value.string"}) {
    const Lines wanted = with_field(GetParam(), field);
    EXPECT_EQ(filtered(GetParam(), field), wanted) << field;
    found += wanted.size();
  }
  EXPECT_GT(found, 0U);
}

/// From the first heading on: "Warns (1)".
Lines expert_items(const std::string& sample, const Arguments& arguments) {
  const Lines all = run(sample, arguments);
  const auto is_heading = [](const std::string& line) {
    for (const char* word : {"Errors (", "Warns (", "Notes (", "Chats ("})
      if (line.starts_with(word)) return true;
    return false;
  };
  return {std::find_if(all.begin(), all.end(), is_heading), all.end()};
}

TEST_P(Unread, ExpertItemsAreHeardWithoutATree) {
  const Lines wanted = expert_items(GetParam(), {"-V", "-z", "expert"});
  EXPECT_FALSE(wanted.empty());
  EXPECT_EQ(expert_items(GetParam(), {"-q", "-z", "expert"}), wanted);
  EXPECT_EQ(expert_items(GetParam(), {"-z", "expert"}), wanted);
}

/// The sum of all lines "wslens frames:12 bytes:3456", at any depth.
std::size_t in_hierarchy(const Lines& lines, const std::string& protocol) {
  std::size_t count = 0;
  for (const std::string& line : lines) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin != std::string::npos && std::string_view(line).substr(begin).starts_with(protocol + " "))
      count += std::stoul(line.substr(line.find("frames:") + 7));
  }
  return count;
}

TEST_P(Unread, TheHierarchyOfProtocolsCountsEachPacketOfASession) {
  const std::size_t wanted = filtered(GetParam(), "wslens").size();
  EXPECT_GT(wanted, 0U);
  EXPECT_EQ(in_hierarchy(run(GetParam(), {"-q", "-z", "io,phs"}), "wslens"), wanted);
}

/// The lines without their last field, which is empty.
Lines without_last_field(Lines lines) {
  for (std::string& line : lines) {
    EXPECT_TRUE(line.ends_with('\t')) << line;
    line.pop_back();
  }
  return lines;
}

/// tshark -T fields has a visible tree, of which it prints what -e names. Who names a field of a protocol that may be
/// inside a message, as DNS, has all of it made.
TEST_P(Unread, AFieldIsPrintedAlikeWhetherTheRestIsMadeOrNot) {
  std::size_t printed = 0;
  for (const char* field : {"websocket", "websocket.fin", "websocket.masked_payload", "websocket.payload.text",
                            "wslens", "wslens.explanation", "wslens.rule", "frame.protocols", "_ws.col.Info"}) {
    const Lines alone = run(GetParam(), {"-n", "-T", "fields", "-e", field});
    EXPECT_EQ(alone, without_last_field(run(GetParam(), {"-n", "-T", "fields", "-e", field, "-e", "dns.id"}))) << field;
    printed += std::any_of(alone.begin(), alone.end(), [](const std::string& line) { return !line.empty(); });
  }
  EXPECT_GT(printed, 6U);
}

/// Whoever asks for more than these fields, or otherwise, gets it.
TEST(UnreadFields, WhatElseIsAskedForIsMade) {
  const std::string sample = "json-text";
  const auto count = [&](const Arguments& arguments) {
    Lines lines = run(sample, arguments);
    std::erase_if(lines, [](const std::string& line) { return line.find_first_not_of(" \t") == std::string::npos; });
    return lines.size();
  };
  const std::size_t wanted = count({"-Y", "json.object", "-T", "fields", "-e", "frame.number"});
  EXPECT_GT(wanted, 0U);
  EXPECT_EQ(count({"-T", "fields", "-e", "json.object"}), wanted);
  EXPECT_EQ(count({"-nTfields", "-nejson.object"}), wanted) << "options written together";
  EXPECT_EQ(count({"-T", "fields", "-e", "frame.number", "json.object"}), wanted) << "a filter without an option";
  const auto json_packets = [&](const char* field) {
    return in_hierarchy(run(sample, {"-T", "fields", "-e", field, "-z", "io,phs"}), "json");
  };
  EXPECT_EQ(json_packets("frame.number"), json_packets("dns.id")) << "a statistic listens";
}

INSTANTIATE_TEST_SUITE_P(Sample, Unread,
                         testing::Values("seed-demo", "lost-segment", "simultaneous-directions",
                                         "defect-10-lost-segment-compressed"),
                         [](const auto& sample) {
                           std::string name = sample.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace wslens::test
