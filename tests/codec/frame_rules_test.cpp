// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame_rules.h"

#include <gtest/gtest.h>

#include <cstddef>

namespace websocket {
namespace {

FrameHeader header_of(Opcode opcode, bool masked, bool rsv1 = false) {
  FrameHeader header;
  header.fin = true;
  header.rsv1 = rsv1;
  header.opcode = opcode;
  header.masked = masked;
  return header;
}

ViolationSet only(Rule rule) {
  ViolationSet set;
  set.add(rule);
  return set;
}

const ViolationSet none;

TEST(FrameRules, MaskedClientFrameIsRight) {
  EXPECT_EQ(check_frame(header_of(Opcode::text, true), Role::client, false), none);
}

TEST(FrameRules, UnmaskedServerFrameIsRight) {
  EXPECT_EQ(check_frame(header_of(Opcode::text, false), Role::server, false), none);
}

TEST(FrameRules, UnmaskedClientFrameIsReported) {
  const ViolationSet broken = check_frame(header_of(Opcode::text, false), Role::client, false);
  EXPECT_EQ(broken, only(Rule::client_frame_unmasked));
}

TEST(FrameRules, MaskedServerFrameIsReported) {
  const ViolationSet broken = check_frame(header_of(Opcode::text, true), Role::server, false);
  EXPECT_EQ(broken, only(Rule::server_frame_masked));
}

TEST(FrameRules, Rsv1WithoutExtensionIsReported) {
  const ViolationSet broken = check_frame(header_of(Opcode::text, true, true), Role::client, false);
  EXPECT_EQ(broken, only(Rule::rsv1_without_extension));
}

TEST(FrameRules, Rsv1OnTheFirstFrameOfACompressedMessageIsRight) {
  EXPECT_EQ(check_frame(header_of(Opcode::text, true, true), Role::client, true), none);
  EXPECT_EQ(check_frame(header_of(Opcode::binary, false, true), Role::server, true), none);
}

TEST(FrameRules, Rsv1OnControlFrameIsReported) {
  const ViolationSet broken = check_frame(header_of(Opcode::ping, true, true), Role::client, true);
  EXPECT_EQ(broken, only(Rule::rsv1_on_control_frame));
}

TEST(FrameRules, Rsv1OnContinuationFrameIsReported) {
  const ViolationSet broken = check_frame(header_of(Opcode::continuation, false, true), Role::server, true);
  EXPECT_EQ(broken, only(Rule::rsv1_on_continuation_frame));
}

TEST(FrameRules, Rsv1WithoutExtensionIsOneViolationWhateverTheFrame) {
  for (const Opcode opcode : {Opcode::continuation, Opcode::close, Opcode::ping, Opcode::pong}) {
    const ViolationSet broken = check_frame(header_of(opcode, true, true), Role::client, false);
    EXPECT_EQ(broken, only(Rule::rsv1_without_extension)) << opcode_name(opcode);
  }
}

TEST(FrameRules, AllBrokenRulesAreReportedNotTheFirst) {
  ViolationSet expected = only(Rule::client_frame_unmasked);
  expected.add(Rule::rsv1_on_control_frame);
  EXPECT_EQ(check_frame(header_of(Opcode::close, false, true), Role::client, true), expected);
}

/// The rules written the other way round: for each rule, when it is broken.
ViolationSet expected_of(const FrameHeader& header, Role sender, bool rsv1_defined) {
  const int opcode = static_cast<int>(header.opcode);
  ViolationSet expected;
  if (!header.masked && sender == Role::client) expected.add(Rule::client_frame_unmasked);
  if (header.masked && sender == Role::server) expected.add(Rule::server_frame_masked);
  if (header.rsv1 && !rsv1_defined) expected.add(Rule::rsv1_without_extension);
  if (header.rsv1 && rsv1_defined && opcode >= 8) expected.add(Rule::rsv1_on_control_frame);
  if (header.rsv1 && rsv1_defined && opcode == 0) expected.add(Rule::rsv1_on_continuation_frame);
  return expected;
}

TEST(FrameRules, EachOpcodeFinRsvMaskRoleAndAgreementIsJudged) {
  std::size_t checked = 0;
  for (unsigned bits = 0; bits < 1U << 11; ++bits, ++checked) {
    FrameHeader header;
    header.opcode = static_cast<Opcode>(bits & 0xF);
    header.fin = (bits & 1U << 4) != 0;
    header.rsv1 = (bits & 1U << 5) != 0;
    header.rsv2 = (bits & 1U << 6) != 0;
    header.rsv3 = (bits & 1U << 7) != 0;
    header.masked = (bits & 1U << 8) != 0;
    const Role sender = (bits & 1U << 9) != 0 ? Role::client : Role::server;
    const bool rsv1_defined = (bits & 1U << 10) != 0;
    ASSERT_EQ(check_frame(header, sender, rsv1_defined), expected_of(header, sender, rsv1_defined)) << bits;
  }
  EXPECT_EQ(checked, 2048U);
}

}  // namespace
}  // namespace websocket
