// SPDX-License-Identifier: GPL-2.0-or-later
#include "close_payload.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "support/bytes.h"

namespace websocket {
namespace {

using test::GuardPage;
using test::hex;

ViolationSet set_of(const std::vector<Rule>& rules) {
  ViolationSet set;
  for (const Rule rule : rules) set.add(rule);
  return set;
}

struct Vector {
  std::string_view payload;
  std::optional<std::uint16_t> code;
  std::string_view reason;  ///< in hex too
  std::vector<Rule> broken;
  std::string_view why;
};

const std::vector<Vector> vectors = {
    {"", std::nullopt, "", {}, "§5.5.1: the body may be absent"},
    {"03", std::nullopt, "", {Rule::close_payload_one_byte}, "§5.5.1: a body begins with a 2-byte code"},
    {"03 e8", 1000, "", {}, "a code alone"},
    {"03 e8 62 79 65", 1000, "62 79 65", {}, "code and reason"},
    {"03 ea c3 a9 e2 82 ac", 1002, "c3 a9 e2 82 ac", {}, "a reason beyond ASCII"},
    {"03 e8 ff", 1000, "ff", {Rule::close_reason_not_utf8}, "the reason is given all the same"},
    {"03 e8 61 e2 82", 1000, "61 e2 82", {Rule::close_reason_not_utf8}, "a reason cut in a character"},
    {"03 e8 ed a0 80", 1000, "ed a0 80", {Rule::close_reason_not_utf8}, "a surrogate"},
    {"00 00", 0, "", {Rule::close_code_not_allowed}, "§7.4.2: not used"},
    {"03 ed", 1005, "", {Rule::close_code_not_allowed}, "§7.4.1: never on the wire"},
    {"03 f7", 1015, "", {Rule::close_code_not_allowed}, "§7.4.1: never on the wire"},
    {"03 ec 80", 1004, "80", {Rule::close_code_not_allowed, Rule::close_reason_not_utf8}, "both are reported"},
    {"03 f6", 1014, "", {}, "in the registry, though not in the RFC"},
    {"0f a0", 4000, "", {}, "§7.4.2: private use"},
};

TEST(ClosePayload, VectorsAreDecoded) {
  for (const Vector& vector : vectors) {
    SCOPED_TRACE(vector.why);
    const std::vector<std::uint8_t> payload = hex(vector.payload);
    const ClosePayload close = decode_close_payload(payload);
    EXPECT_EQ(close.code, vector.code);
    EXPECT_EQ(std::vector<std::uint8_t>(close.reason.begin(), close.reason.end()), hex(vector.reason));
    EXPECT_EQ(close.violations, set_of(vector.broken));
  }
  EXPECT_EQ(vectors.size(), 14U);
}

TEST(ClosePayload, EachOfThe65536CodesIsJudged) {
  int allowed = 0;
  int judged = 0;
  for (unsigned code = 0; code <= 0xFFFF; ++code, ++judged) {
    const std::vector<std::uint8_t> payload = {static_cast<std::uint8_t>(code >> 8), static_cast<std::uint8_t>(code)};
    const bool may_be_sent =
        (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
    const ClosePayload close = decode_close_payload(payload);
    ASSERT_EQ(close.code, code);
    ASSERT_TRUE(close.reason.empty());
    const bool unassigned = (code >= 1016 && code <= 2999) || code >= 5000;
    ASSERT_EQ(close.violations.has(Rule::close_code_unassigned), unassigned) << code;
    ASSERT_EQ(close.violations.has(Rule::close_code_not_allowed), !may_be_sent && !unassigned) << code;
    ASSERT_EQ(close.violations.empty(), may_be_sent) << code;
    if (may_be_sent) ++allowed;
  }
  EXPECT_EQ(judged, 65536);
  EXPECT_EQ(allowed, 4 + 8 + 2000);
}

TEST(ClosePayload, TheReasonIsAViewOfTheCallersBytes) {
  const std::vector<std::uint8_t> payload = hex("03 e8 62 79 65");
  const ClosePayload close = decode_close_payload(payload);
  EXPECT_EQ(close.reason.data(), payload.data() + 2);
  EXPECT_EQ(as_text(close.reason), "bye");
}

TEST(ClosePayload, NothingBeyondThePayloadIsRead) {
  GuardPage page;
  std::size_t checked = 0;
  for (const Vector& vector : vectors) {
    SCOPED_TRACE(vector.why);
    EXPECT_EQ(decode_close_payload(page.at_end(hex(vector.payload))).code, vector.code);
    ++checked;
  }
  EXPECT_EQ(checked, 14U);
}

}  // namespace
}  // namespace websocket
