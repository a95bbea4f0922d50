// SPDX-License-Identifier: GPL-2.0-or-later
/// A text is a heartbeat from the third time on that it comes at an even interval.
#include "rhythm.h"

#include <gtest/gtest.h>

#include <string>

namespace websocket {
namespace {

constexpr Nanoseconds second = 1'000'000'000;

/// "..x": which of the texts, sent at these seconds, are heartbeats.
std::string beats(Rhythm& rhythm, std::string_view text, std::initializer_list<double> seconds) {
  std::string marks;
  for (const double at : seconds)
    marks += rhythm.beats(as_bytes(text), static_cast<Nanoseconds>(at * static_cast<double>(second))) ? 'x' : '.';
  return marks;
}

TEST(Rhythm, BeginsWithTheThirdTime) {
  Rhythm rhythm;
  EXPECT_EQ(beats(rhythm, "hb", {0, 30, 60, 90, 121}), "..xxx");
}

TEST(Rhythm, AllowsAQuarterOfUnevenness) {
  Rhythm rhythm;
  EXPECT_EQ(beats(rhythm, "hb", {0, 10, 22, 36, 46}), "..xx.");
  EXPECT_EQ(beats(rhythm, "ping", {0, 10, 40, 50, 60}), "....x");
}

TEST(Rhythm, IsNoneBelowASecond) {
  Rhythm rhythm;
  EXPECT_EQ(beats(rhythm, "tick", {0, 0.5, 1.0, 1.5, 2.0}), ".....");
}

TEST(Rhythm, LongAndEmptyTextsHaveNone) {
  Rhythm rhythm;
  EXPECT_EQ(beats(rhythm, "", {0, 10, 20, 30}), "....");
  EXPECT_EQ(beats(rhythm, std::string(Rhythm::longest, 'x'), {0, 10, 20}), "..x");
  EXPECT_EQ(beats(rhythm, std::string(Rhythm::longest + 1, 'x'), {0, 10, 20, 30}), "....");
}

TEST(Rhythm, OnceFoundItIsNotLostAmongOtherTexts) {
  Rhythm rhythm;
  ASSERT_EQ(beats(rhythm, "hb", {0, 10, 20}), "..x");
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(beats(rhythm, "news " + std::to_string(i), {20.0 + i / 200.0}), ".");
  EXPECT_EQ(beats(rhythm, "hb", {30}), "x");
}

TEST(Rhythm, SeveralTextsMayHaveOne) {
  Rhythm rhythm;
  std::string marks;
  for (int i = 0; i < 4; ++i) marks += beats(rhythm, "2", {i * 25.0}) + beats(rhythm, "3", {i * 25.0 + 0.1});
  EXPECT_EQ(marks, "....xxxx");
}

}  // namespace
}  // namespace websocket
