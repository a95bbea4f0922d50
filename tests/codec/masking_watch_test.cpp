// SPDX-License-Identifier: GPL-2.0-or-later
/// Keys that repeat or can be foretold are named once each; chance is not.
#include "masking_watch.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace websocket {
namespace {

MaskingKey key_of(std::uint32_t number) {
  return {static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
          static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
}

/// For each key: "-", "repeated" or "predictable".
std::string judged(MaskingWatch& watch, const std::vector<std::uint32_t>& keys) {
  std::string text;
  for (const std::uint32_t key : keys) {
    const auto rule = watch.add(key_of(key));
    text += !rule ? "-" : *rule == Rule::masking_key_repeated ? "repeated" : "predictable";
    text += " ";
  }
  return text;
}

std::string judged(const std::vector<std::uint32_t>& keys) {
  MaskingWatch watch;
  return judged(watch, keys);
}

TEST(MaskingWatch, NamesAKeyThatComesTwiceInARowOnce) {
  EXPECT_EQ(judged({7, 7, 7, 9, 7}), "- repeated - - - ");
  EXPECT_EQ(judged({7, 9, 7}), "- - - ");
}

TEST(MaskingWatch, NamesKeysThatAreZero) {
  EXPECT_EQ(judged({0}), "- ") << "once may be chance";
  EXPECT_EQ(judged({0, 0, 0}), "- predictable - ");
}

TEST(MaskingWatch, NamesKeysThatAreCountedFromTheFourthOn) {
  EXPECT_EQ(judged({1, 2, 3, 4, 5}), "- - - predictable - ");
  EXPECT_EQ(judged({0xFFFFFFFE, 0xFFFFFFFF, 0, 1}), "- - - predictable ");
  EXPECT_EQ(judged({100, 90, 80, 70}), "- - - predictable ");
  EXPECT_EQ(judged({1, 2, 3, 5, 6, 7}), "- - - - - - ");
}

TEST(MaskingWatch, BeginsAnewWhereFramesWereLost) {
  MaskingWatch watch;
  EXPECT_EQ(judged(watch, {1, 2, 3}), "- - - ");
  watch.forget();
  EXPECT_EQ(judged(watch, {4, 5, 6}), "- - - ");
  watch.forget();
  EXPECT_EQ(judged(watch, {6}), "- ");
}

TEST(MaskingWatch, SaysNothingOfRandomKeys) {
  std::mt19937 random(1);
  MaskingWatch watch;
  for (int i = 0; i < 100'000; ++i) ASSERT_FALSE(watch.add(key_of(static_cast<std::uint32_t>(random()))));
}

}  // namespace
}  // namespace websocket
