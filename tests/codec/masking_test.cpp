// SPDX-License-Identifier: GPL-2.0-or-later
#include "masking.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <vector>

#include "support/bytes.h"

namespace websocket {
namespace {

using test::every_split;
using test::GuardPage;
using test::hex;
using test::Pieces;

using Octets = std::vector<std::uint8_t>;

constexpr MaskingKey key = {0x37, 0xFA, 0x21, 0x3D};

/// §5.3 to the letter: "transformed-octet-i = original-octet-i XOR masking-key-octet-(i MOD 4)".
Octets masked_byte_by_byte(Bytes payload, const MaskingKey& with, std::uint64_t offset) {
  Octets out;
  for (const std::uint8_t byte : payload) out.push_back(static_cast<std::uint8_t>(byte ^ with[offset++ % 4]));
  return out;
}

/// No two bytes within reach of a word are alike, so a byte taken from a neighbour shows.
Octets payload_of(std::size_t size) {
  Octets payload(size);
  for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<std::uint8_t>(i * 29 + 7);
  return payload;
}

Octets to_vector(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

constexpr std::size_t longest = 200;  // none, one and several blocks of any size, with every rest

TEST(ApplyMask, UnmasksTheExampleOfTheRfc) {
  Octets payload = hex("7f 9f 4d 51 58");  // §5.7: a masked "Hello"
  apply_mask(payload, key, 0);
  EXPECT_EQ(as_text(payload), "Hello");
}

TEST(ApplyMask, TwiceIsNothing) {
  Octets payload = payload_of(longest);
  apply_mask(payload, key, 3);
  EXPECT_NE(payload, payload_of(longest));
  apply_mask(payload, key, 3);
  EXPECT_EQ(payload, payload_of(longest));
}

TEST(ApplyMask, AgreesWithTheRfcAtEachLengthAlignmentAndOffset) {
  std::size_t checked = 0;
  for (std::size_t alignment = 0; alignment < 8; ++alignment) {
    for (std::size_t size = 0; size <= longest; ++size) {
      for (std::uint64_t offset = 0; offset < 9; ++offset, ++checked) {
        Octets memory = payload_of(alignment + size + 8);
        const Octets before = memory;
        apply_mask(MutableBytes(memory).subspan(alignment, size), key, offset);

        Octets expected = before;
        std::ranges::copy(masked_byte_by_byte(Bytes(before).subspan(alignment, size), key, offset),
                          MutableBytes(expected).subspan(alignment).begin());
        ASSERT_EQ(memory, expected) << "alignment " << alignment << ", size " << size << ", offset " << offset;
      }
    }
  }
  EXPECT_EQ(checked, 8U * (longest + 1) * 9U);
}

TEST(ApplyMask, FromOnePlaceToAnotherLeavesTheSourceAndTheRestAlone) {
  std::size_t checked = 0;
  for (std::size_t from = 0; from < 8; ++from) {
    for (std::size_t to = 0; to < 8; ++to) {
      for (std::size_t size = 0; size <= longest; ++size, ++checked) {
        const Octets memory = payload_of(from + size);
        const Bytes source = Bytes(memory).subspan(from);
        Octets destination(to + size + 8, 0xEE);
        apply_mask(source, MutableBytes(destination).subspan(to), key, checked);

        Octets expected(to, 0xEE);
        const Octets masked = masked_byte_by_byte(source, key, checked);
        expected.insert(expected.end(), masked.begin(), masked.end());
        expected.insert(expected.end(), 8, 0xEE);
        ASSERT_EQ(destination, expected) << "from " << from << ", to " << to << ", size " << size;
        ASSERT_EQ(memory, payload_of(from + size));
      }
    }
  }
  EXPECT_EQ(checked, 64U * (longest + 1));
}

TEST(ApplyMask, StaysBetweenGuardPages) {
  GuardPage source_page(longest);
  GuardPage destination_page(longest);
  std::size_t checked = 0;
  for (std::size_t size = 0; size <= longest; ++size) {
    for (std::uint64_t offset = 0; offset < 4; ++offset, ++checked) {
      const Octets payload = payload_of(size);
      const Octets expected = masked_byte_by_byte(payload, key, offset);

      apply_mask(source_page.at_end(payload), key, offset);
      ASSERT_EQ(to_vector(source_page.bytes()), expected);
      apply_mask(source_page.at_start(payload), key, offset);
      ASSERT_EQ(to_vector(source_page.bytes()), expected);

      const MutableBytes destination = destination_page.at_end(Octets(size));
      apply_mask(source_page.at_end(payload), destination, key, offset);
      ASSERT_EQ(to_vector(destination), expected);
    }
  }
  EXPECT_EQ(checked, (longest + 1) * 4U);
}

TEST(ApplyMask, CutAnywhereGivesTheSame) {
  const Octets payload = payload_of(longest);
  const Octets expected = masked_byte_by_byte(payload, key, 0);
  const std::size_t ways = every_split(payload, [&](const Pieces& pieces) {
    Octets out;
    for (const Bytes piece : pieces) {
      Octets copy = to_vector(piece);
      apply_mask(copy, key, out.size());
      out.insert(out.end(), copy.begin(), copy.end());
    }
    EXPECT_EQ(out, expected);
  });
  EXPECT_EQ(ways, longest + 2);
}

TEST(ApplyMask, OffsetsBeyond32BitsCount) {
  constexpr std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  std::size_t checked = 0;
  for (const std::uint64_t offset : {std::uint64_t{0xFFFF'FFFF}, std::uint64_t{0x1'0000'0002}, last - 1, last}) {
    Octets payload = payload_of(longest);
    apply_mask(payload, key, offset);
    EXPECT_EQ(payload, masked_byte_by_byte(payload_of(longest), key, offset)) << offset;
    ++checked;
  }
  EXPECT_EQ(checked, 4U);
}

/// Blocks of just that size: a sanitizer sees each byte that is touched beyond them, on either side.
TEST(ApplyMask, TouchesNothingBeyondBlocksOfJustTheSize) {
  std::size_t checked = 0;
  for (std::size_t size = 0; size <= longest; ++size) {
    for (std::uint64_t offset = 0; offset < 4; ++offset, ++checked) {
      const auto source = std::make_unique<std::uint8_t[]>(size);
      const auto destination = std::make_unique<std::uint8_t[]>(size);
      std::ranges::copy(payload_of(size), source.get());
      apply_mask(Bytes(source.get(), size), MutableBytes(destination.get(), size), key, offset);
      ASSERT_EQ(to_vector({destination.get(), size}), masked_byte_by_byte(payload_of(size), key, offset));
      apply_mask(MutableBytes(source.get(), size), key, offset);
      ASSERT_EQ(to_vector({source.get(), size}), to_vector({destination.get(), size}));
    }
  }
  EXPECT_EQ(checked, (longest + 1) * 4U);
}

TEST(ApplyMask, SaysWhetherAllOfTheResultIsAscii) {
  std::size_t checked = 0;
  for (std::size_t size = 0; size <= 70; ++size) {
    Octets text(size, 0x7F);
    Octets masked = masked_byte_by_byte(text, key, 1);
    EXPECT_TRUE(apply_mask(masked, key, 1)) << size;
    EXPECT_EQ(masked, text);
    for (std::size_t at = 0; at < size; ++at, ++checked) {
      text[at] = 0x80;
      masked = masked_byte_by_byte(text, key, 1);
      Octets destination(size);
      EXPECT_FALSE(apply_mask(masked, destination, key, 1)) << at << " of " << size;
      EXPECT_FALSE(apply_mask(masked, key, 1)) << at << " of " << size;
      text[at] = 0x7F;
    }
  }
  EXPECT_EQ(checked, 70U * 71U / 2U);
}

TEST(ApplyMask, AZeroKeyChangesNothing) {
  Octets payload = payload_of(longest);
  apply_mask(payload, MaskingKey{}, 1);
  EXPECT_EQ(payload, payload_of(longest));
}

// The tests above prove something only if the pages really cannot be touched.
TEST(GuardPageDeathTest, AByteTooFarEndsTheProcess) {
  GuardPage page(longest);
  const volatile std::uint8_t* end = page.at_end(payload_of(3)).data() + 3;
  EXPECT_DEATH(static_cast<void>(*end), "");
  const volatile std::uint8_t* before = page.at_start(payload_of(3)).data() - 1;
  EXPECT_DEATH(static_cast<void>(*before), "");
}

// ---- payloads larger than caches, which go past them

constexpr std::size_t large = std::size_t{4} * 1024 * 1024;

/// In pieces that fit.
Octets masked_in_pieces(Bytes payload, std::uint64_t offset) {
  Octets out(payload.size());
  for (std::size_t at = 0; at < payload.size(); at += 1000) {
    const std::size_t size = std::min<std::size_t>(1000, payload.size() - at);
    apply_mask(payload.subspan(at, size), MutableBytes(out).subspan(at, size), key, offset + at);
  }
  return out;
}

TEST(ApplyMask, ALargePayloadIsMaskedAsItsPiecesAre) {
  for (const std::size_t more : {0, 1, 17, 65}) {
    for (const std::size_t to : {0, 33}) {
      const Octets payload = payload_of(large + more);
      Octets memory(to + payload.size() + 64, 0xEE);
      apply_mask(payload, MutableBytes(memory).subspan(to, payload.size()), key, more);
      const Bytes written = Bytes(memory).subspan(to, payload.size());
      ASSERT_TRUE(std::ranges::equal(written, masked_in_pieces(payload, more))) << more << " more bytes, to " << to;
      EXPECT_EQ(to_vector(Bytes(memory).first(to)), Octets(to, 0xEE));
      EXPECT_EQ(to_vector(Bytes(memory).last(64)), Octets(64, 0xEE));
    }
  }
}

TEST(ApplyMask, OneByteOfALargePayloadThatIsNotAsciiIsSeenWhereverItIs) {
  Octets payload(large + 21, 'x');
  Octets out(payload.size());
  constexpr MaskingKey none = {};
  EXPECT_TRUE(apply_mask(payload, out, none, 0));
  for (const std::size_t at : {std::size_t{0}, std::size_t{70}, large / 2, large, payload.size() - 1}) {
    payload[at] = 0xC3;
    EXPECT_FALSE(apply_mask(payload, out, none, 0)) << at;
    payload[at] = 'x';
  }
}

}  // namespace
}  // namespace websocket
