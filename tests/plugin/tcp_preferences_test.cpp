// SPDX-License-Identifier: GPL-2.0-or-later
/// The lens reads TCP by itself: how Wireshark's own TCP and HTTP are set changes no message.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/programs.h"

namespace wslens::test {
namespace {

class TcpPreferences : public ::testing::TestWithParam<const char*> {};

std::string name_of(const ::testing::TestParamInfo<const char*>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

const char* const settings[] = {"tcp.analyze_sequence_numbers:FALSE",
                                "tcp.relative_sequence_numbers:FALSE",
                                "tcp.desegment_tcp_streams:FALSE",
                                "tcp.no_subdissector_on_error:FALSE",
                                "tcp.check_checksum:TRUE",
                                "tcp.try_heuristic_first:TRUE",
                                "tcp.reassemble_out_of_order:TRUE",
                                "http.desegment_body:FALSE",
                                "http.desegment_headers:FALSE"};

TEST_P(TcpPreferences, NoneOfThemChangesAMessage) {
  const auto wanted = report(GetParam(), "messages-json");
  ASSERT_FALSE(wanted.empty());
  for (const char* setting : settings)
    EXPECT_TRUE(report(GetParam(), "messages-json", {"-o", setting}) == wanted) << setting;
}

TEST_P(TcpPreferences, NoneOfThemChangesAMessageOnTheSecondPass) {
  const auto wanted = report(GetParam(), "messages-json");
  for (const char* setting : {"tcp.desegment_tcp_streams:FALSE", "tcp.reassemble_out_of_order:TRUE"})
    EXPECT_TRUE(report(GetParam(), "messages-json", {"-2", "-o", setting}) == wanted) << setting;
}

INSTANTIATE_TEST_SUITE_P(Sample, TcpPreferences,
                         ::testing::Values("reordered", "port-9300", "every-packet-twice", "overlap", "overlap-mid",
                                           "sequence-wrap", "fin-with-data", "keep-alive", "zero-window-probe",
                                           "deflate-fragmented"),
                         name_of);

/// A name that tshark does not know would end it, and nothing would be tested above.
TEST(TcpPreferencesAll, TsharkKnowsEachOfThem) {
  for (const char* setting : settings) EXPECT_EQ(tshark("overlap", {"-q", "-o", setting}).status, 0) << setting;
}

}  // namespace
}  // namespace wslens::test
