// SPDX-License-Identifier: GPL-2.0-or-later
/// A block answers as its bytes would one by one, whatever stands beside them; also those that this machine does not
/// use.
#include "block.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace websocket {
namespace {

template <typename Kind>
class BlockOf : public testing::Test {};
using Kinds = testing::Types<Block, WordBlock<std::uint64_t>, WordBlock<std::uint32_t>>;
TYPED_TEST_SUITE(BlockOf, Kinds);

bool is_plain(std::uint8_t byte) { return byte >= 0x20 && byte < 0x7F; }
bool is_ascii(std::uint8_t byte) { return byte < 0x80; }

TYPED_TEST(BlockOf, AnswersAsItsBytesWould) {
  // The neighbours are those that a byte may borrow from or carry into.
  unsigned checked = 0;
  std::array<std::uint8_t, TypeParam::size> bytes;
  for (const std::uint8_t neighbour : {0x00, 0x1F, 0x20, 0x7E, 0x7F, 0x80, 0xFF})
    for (std::size_t at = 0; at < bytes.size(); ++at)
      for (unsigned byte = 0; byte <= 0xFF; ++byte, ++checked) {
        bytes.fill(neighbour);
        bytes[at] = static_cast<std::uint8_t>(byte);
        const TypeParam block = TypeParam::load(bytes.data());
        ASSERT_EQ(block.is_plain(), std::ranges::all_of(bytes, is_plain))
            << unsigned{neighbour} << ' ' << at << ' ' << byte;
        ASSERT_EQ(block.is_ascii(), std::ranges::all_of(bytes, is_ascii))
            << unsigned{neighbour} << ' ' << at << ' ' << byte;
        const auto ascii = std::ranges::find_if_not(bytes, is_ascii) - bytes.begin();
        ASSERT_EQ(block.ascii_prefix(), static_cast<std::size_t>(ascii))
            << unsigned{neighbour} << ' ' << at << ' ' << byte;
      }
  EXPECT_EQ(checked, 7 * 256 * bytes.size());
}

}  // namespace
}  // namespace websocket
