// SPDX-License-Identifier: GPL-2.0-or-later
#include "opcode.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace websocket {
namespace {

struct Vector {
  std::uint8_t value;
  std::string_view name;
  bool control;
  bool reserved;
};

// RFC 6455 §5.2 and §11.8.
constexpr std::array<Vector, 16> vectors = {{
    {0x0, "continuation", false, false},
    {0x1, "text", false, false},
    {0x2, "binary", false, false},
    {0x3, "reserved data (3)", false, true},
    {0x4, "reserved data (4)", false, true},
    {0x5, "reserved data (5)", false, true},
    {0x6, "reserved data (6)", false, true},
    {0x7, "reserved data (7)", false, true},
    {0x8, "close", true, false},
    {0x9, "ping", true, false},
    {0xA, "pong", true, false},
    {0xB, "reserved control (11)", true, true},
    {0xC, "reserved control (12)", true, true},
    {0xD, "reserved control (13)", true, true},
    {0xE, "reserved control (14)", true, true},
    {0xF, "reserved control (15)", true, true},
}};

TEST(Opcode, EachOfTheSixteenHasItsNameAndKind) {
  std::set<std::uint8_t> seen;
  for (const Vector& vector : vectors) {
    SCOPED_TRACE(vector.name);
    const auto opcode = static_cast<Opcode>(vector.value);
    EXPECT_EQ(opcode_name(opcode), vector.name);
    EXPECT_EQ(is_control(opcode), vector.control);
    EXPECT_EQ(is_reserved(opcode), vector.reserved);
    seen.insert(vector.value);
  }
  EXPECT_EQ(seen.size(), 16U);
}

TEST(Opcode, TheNamedOnesHaveTheValuesOfTheRegistry) {
  EXPECT_EQ(static_cast<int>(Opcode::continuation), 0x0);
  EXPECT_EQ(static_cast<int>(Opcode::text), 0x1);
  EXPECT_EQ(static_cast<int>(Opcode::binary), 0x2);
  EXPECT_EQ(static_cast<int>(Opcode::close), 0x8);
  EXPECT_EQ(static_cast<int>(Opcode::ping), 0x9);
  EXPECT_EQ(static_cast<int>(Opcode::pong), 0xA);
}

}  // namespace
}  // namespace websocket
