// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 1951: the walk tells literals and matches as zlib wrote them, agrees with zlib's inflate on what is DEFLATE, and
/// stays within its bytes whatever they are.
#include "deflate_tokens.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "deflate_data.h"
#include "support/bytes.h"
#include "support/wire.h"

namespace websocket {
namespace {

using test::ByteVector;
using test::Deflater;
using test::FixedBlock;
using test::hex;
using test::joined;
using test::noise;
using test::prose;
using test::runs;

struct Token {
  std::size_t length = 0;
  unsigned distance = 0;  ///< 0: literals
  bool operator==(const Token&) const = default;
};

class Collector final : public DeflateVisitor {
 public:
  void literals(std::size_t count) override {
    EXPECT_GT(count, 0U);
    add({count, 0});
  }
  void match(unsigned length, unsigned distance) override {
    EXPECT_TRUE(length >= 3 && length <= 258) << length;
    EXPECT_TRUE(distance >= 1 && distance <= 32768) << distance;
    add({length, distance});
  }

  std::vector<Token> tokens;
  std::size_t position = 0;

 private:
  void add(Token token) {
    tokens.push_back(token);
    position += token.length;
  }
};

struct Walk {
  bool whole = false;
  std::vector<Token> tokens;
  std::size_t size = 0;
};

Walk walk(Bytes compressed) {
  Collector collector;
  const bool whole = walk_deflate(compressed, collector);
  return {whole, std::move(collector.tokens), collector.position};
}

/// Literals are taken from `plain`; matches must find there what they refer to.
void expect_reproduces(const Walk& walked, Bytes plain) {
  EXPECT_TRUE(walked.whole);
  ASSERT_EQ(walked.size, plain.size());
  std::size_t at = 0;
  for (const Token& token : walked.tokens) {
    if (token.distance != 0) {
      ASSERT_LE(token.distance, at);
      const Bytes from = plain.subspan(at - token.distance, token.length);
      ASSERT_TRUE(std::equal(from.begin(), from.end(), plain.subspan(at).begin())) << "at " << at;
    }
    at += token.length;
  }
}

// ---- what zlib says of the same data

/// zlib's inflate, with 32 KiB of zeros in front, going on behind final blocks.
class Reference {
 public:
  explicit Reference(Bytes compressed) : compressed_(compressed) {
    inflateInit2(&stream_, -15);
    inflateSetDictionary(&stream_, window_.data(), 32768);
    stream_.next_in = const_cast<Bytef*>(compressed.data());  // zlib only reads it
    stream_.avail_in = static_cast<uInt>(compressed.size());
    while (!at_end() && step()) {
    }
  }
  ~Reference() { inflateEnd(&stream_); }
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;
  Reference(Reference&&) = delete;
  Reference& operator=(Reference&&) = delete;

  /// How long what it inflates to is; none: it is no DEFLATE, or does not end behind a block.
  [[nodiscard]] std::optional<std::size_t> size() const { return at_end() ? std::optional(size_) : std::nullopt; }
  /// Blocks of each type (§3.2.3).
  std::array<int, 4> blocks{};

 private:
  [[nodiscard]] std::size_t bit() const {
    return (compressed_.size() - stream_.avail_in) * 8 - static_cast<std::size_t>(stream_.data_type & 63);
  }
  [[nodiscard]] bool at_end() const { return behind_a_block_ && bit() == compressed_.size() * 8; }
  [[nodiscard]] unsigned bits(std::size_t from, unsigned count) const {
    unsigned value = 0;
    for (unsigned i = 0; i < count; ++i) value |= (compressed_[(from + i) / 8] >> ((from + i) % 8) & 1U) << i;
    return value;
  }

  /// To the end of the next block.
  bool step() {
    if (compressed_.size() * 8 - bit() < 3) return false;
    const bool final = bits(bit(), 1) != 0;
    ++blocks.at(bits(bit() + 1, 2));
    std::array<Bytef, 32768> out;  // NOLINT: filled before it is read
    int result = Z_OK;
    behind_a_block_ = false;
    while (!behind_a_block_ && result == Z_OK) {
      stream_.next_out = out.data();
      stream_.avail_out = static_cast<uInt>(out.size());
      result = inflate(&stream_, Z_BLOCK);
      size_ += out.size() - stream_.avail_out;
      behind_a_block_ = result == Z_STREAM_END || (result == Z_OK && (stream_.data_type & 128) != 0);
    }
    if (!behind_a_block_) return false;
    if (final) begin_anew(result);
    return true;
  }

  void begin_anew(int result) {
    if (result != Z_STREAM_END) inflate(&stream_, Z_BLOCK);
    uInt size = 0;
    inflateGetDictionary(&stream_, window_.data(), &size);
    Bytef* const next = stream_.next_in;
    const uInt left = stream_.avail_in;
    inflateReset(&stream_);
    inflateSetDictionary(&stream_, window_.data(), size);
    stream_.next_in = next;
    stream_.avail_in = left;
    stream_.data_type = 0;
  }

  Bytes compressed_;
  z_stream stream_{};
  std::vector<Bytef> window_ = std::vector<Bytef>(32768);
  std::size_t size_ = 0;
  bool behind_a_block_ = true;
};

struct Input {
  std::string_view name;
  ByteVector bytes;
};

std::vector<Input> inputs() {
  return {
      {"nothing", {}},
      {"one byte", {'a'}},
      {"every byte",
       [] {
         ByteVector bytes(256);
         for (std::size_t i = 0; i < 256; ++i) bytes[i] = static_cast<std::uint8_t>(i);
         return bytes;
       }()},
      {"a little prose", prose(200, 1)},
      {"prose", prose(5000, 2)},
      {"much prose", prose(200'000, 3)},
      {"noise", noise(3000, 4)},
      {"much noise", noise(150'000, 5)},
      {"runs", runs(40'000, 6)},
      {"zeros", ByteVector(100'000)},
      {"noise twice, as far apart as zlib reaches", joined({noise(32'000, 7), noise(32'000, 7)})},
      {"prose in noise", joined({prose(9000, 8), noise(20'000, 9), prose(9000, 8)})},
  };
}

TEST(DeflateTokens, ReproduceWhatZlibCompressedAtEachLevelAndStrategy) {
  std::array<int, 4> blocks{};
  int checked = 0;
  for (const Input& input : inputs()) {
    for (const int level : {0, 1, 6, 9}) {
      for (const int strategy : {Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE}) {
        SCOPED_TRACE(std::string(input.name) + ", level " + std::to_string(level) + ", strategy " +
                     std::to_string(strategy));
        const ByteVector compressed = Deflater({.level = level, .strategy = strategy}).with_tail(input.bytes);
        const Walk walked = walk(compressed);
        expect_reproduces(walked, input.bytes);
        for (const Token& token : walked.tokens) {
          ASSERT_TRUE(token.distance == 0 || (level != 0 && strategy != Z_HUFFMAN_ONLY));
          ASSERT_TRUE(token.distance <= 1 || strategy != Z_RLE);
        }
        const Reference reference(compressed);
        EXPECT_EQ(reference.size(), input.bytes.size());
        for (std::size_t type = 0; type < 4; ++type) blocks[type] += reference.blocks[type];
        ++checked;
      }
    }
  }
  EXPECT_EQ(checked, 12 * 4 * 4);
  EXPECT_GT(blocks[0], 200) << "stored";
  EXPECT_GT(blocks[1], 30) << "fixed";
  EXPECT_GT(blocks[2], 100) << "dynamic";
  EXPECT_EQ(blocks[3], 0);
}

TEST(DeflateTokens, AreFoundInAMessageThatGoesOnFromTheOneBefore) {
  Deflater sender;
  const ByteVector first = prose(3000, 1);
  const ByteVector second = prose(2000, 1);
  sender.message(first);
  const Walk walked = walk(sender.with_tail(second));
  EXPECT_TRUE(walked.whole);
  EXPECT_EQ(walked.size, second.size());
  std::size_t at = 0;
  int before_it = 0;
  for (const Token& token : walked.tokens) {
    before_it += token.distance > at ? 1 : 0;
    at += token.length;
  }
  EXPECT_GT(before_it, 5);
}

/// §3.2.5, the whole table: tokens that zlib inflates to `size` bytes.
void expect_tokens(FixedBlock& block, const std::vector<Token>& tokens) {
  const ByteVector bytes = joined({block.message(), {0x00, 0x00, 0xFF, 0xFF}});
  const Walk walked = walk(bytes);
  EXPECT_TRUE(walked.whole);
  EXPECT_TRUE(walked.tokens == tokens);
  EXPECT_EQ(Reference(bytes).size(), walked.size) << "the test's own encoder is wrong";
}

TEST(DeflateTokens, EachLengthIsRead) {
  FixedBlock block;
  std::vector<Token> tokens;
  for (unsigned length = 3; length <= 258; ++length) {
    block.match(length, 1);
    tokens.push_back({length, 1});
  }
  expect_tokens(block, tokens);
}

TEST(DeflateTokens, EachDistanceIsRead) {
  FixedBlock block;
  std::vector<Token> tokens;
  for (unsigned distance = 1; distance <= 32768; ++distance) {
    block.match(3, distance);
    tokens.push_back({3, distance});
  }
  expect_tokens(block, tokens);
}

TEST(DeflateTokens, EachLiteralIsOne) {
  FixedBlock block;
  for (int byte = 0; byte < 256; ++byte) block.literal(static_cast<std::uint8_t>(byte));
  expect_tokens(block, std::vector<Token>(256, {1, 0}));
}

// ---- blocks by hand

struct BlockVector {
  std::string_view bytes;
  bool whole;
  std::size_t size;  ///< visited
  std::string_view why;
};

constexpr BlockVector block_vectors[] = {
    {"", true, 0, "no block at all"},
    {"00 0000ffff", true, 0, "stored, empty"},
    {"f2 48 cd c9 c9 07 00 0000ffff", true, 5, "RFC 7692 §7.2.3.1"},
    {"f2 00 11 00 00 0000ffff", true, 5, "RFC 7692 §7.2.3.2: a literal and a match"},
    {"00 0500 faff 48656c6c6f 00 0000ffff", true, 5, "RFC 7692 §7.2.3.3: stored"},
    {"f3 48 cd c9 c9 07 00 00 0000ffff", true, 5, "RFC 7692 §7.2.3.4: BFINAL"},
    {"f2 48 05 00 0000ffff ca c9 c9 07 00 0000ffff", true, 5, "RFC 7692 §7.2.3.5: two blocks"},
    {"f3 48 cd c9 c9 07 00", true, 5, "BFINAL, nothing behind it"},
    {"03 00", true, 0, "fixed, empty, BFINAL"},
    {"03 00 03 00 03 00", true, 0, "several of them"},
    {"01 0000ffff 00 0100feff 61", true, 1, "stored with BFINAL, then stored"},
    {"f2 48 cd c9 c9 07 00", false, 5, "the tail was taken away and not put back"},
    {"06", false, 0, "block type 3"},
    {"07", false, 0, "block type 3, BFINAL"},
    {"00", false, 0, "stored, no length"},
    {"00 0500 faff 48656c6c", false, 0, "stored, too short"},
    {"00 0500 fbff 48656c6c6f", false, 0, "stored, NLEN is not the complement"},
    {"00 0500 0500 48656c6c6f", false, 0, "stored, NLEN is LEN"},
    {"00 ffff 0000", false, 0, "stored, longest length, no bytes"},
    {"04", false, 0, "dynamic, no counts"},
    {"04 00 00", false, 0, "dynamic, no code lengths"},
    {"04 00 fe ff ff ff ff ff ff", false, 0, "dynamic, more code words than there is room for"},
    {"1b 03 00", false, 0, "fixed, length code 286"},
};

TEST(DeflateBlocks, FollowTheFormatOrEndTheWalk) {
  for (const BlockVector& vector : block_vectors) {
    const ByteVector bytes = hex(vector.bytes);
    const test::GuardPage page{Bytes(bytes)};
    const Walk walked = walk(page.bytes());
    EXPECT_EQ(walked.whole, vector.whole) << vector.why;
    EXPECT_EQ(walked.size, vector.size) << vector.why;
    EXPECT_EQ(Reference(bytes).size(), vector.whole ? std::optional(vector.size) : std::nullopt) << vector.why;
  }
  EXPECT_EQ(std::size(block_vectors), 23U);
}

struct LengthSymbol {
  unsigned symbol;
  unsigned extra = 0;
};

/// §3.2.7: a final block with 257 literal and length codes and one distance code. The code lengths are written with the
/// code 1: 00, 2: 01, 18: 10, 0: 110, `repeat` (16 or 17): 111.
ByteVector dynamic_block(const std::vector<LengthSymbol>& lengths, unsigned repeat, unsigned data, unsigned data_bits) {
  test::BitWriter bits;
  bits.number(1, 1);
  bits.number(2, 2);
  bits.number(0, 5);
  bits.number(0, 5);
  bits.number(15, 4);
  for (const unsigned symbol : {16U, 17U, 18U, 0U, 8U, 7U, 9U, 6U, 10U, 5U, 11U, 4U, 12U, 3U, 13U, 2U, 14U, 1U, 15U}) {
    const bool of_two_bits = symbol == 1 || symbol == 2 || symbol == 18;
    bits.number(of_two_bits ? 2 : symbol == 0 || symbol == repeat ? 3 : 0, 3);
  }
  for (const LengthSymbol& length : lengths) {
    if (length.symbol == 0 || length.symbol == repeat)
      bits.code(length.symbol == 0 ? 6 : 7, 3);
    else
      bits.code(length.symbol == 18 ? 2 : length.symbol - 1, 2);
    if (length.symbol >= 16) bits.number(length.extra, length.symbol == 16 ? 2 : length.symbol == 17 ? 3 : 7);
  }
  bits.code(data, data_bits);
  return bits.bytes();
}

struct DynamicVector {
  std::vector<LengthSymbol> lengths;  ///< of 256 literals, the end of the block, one distance
  unsigned repeat;
  unsigned data, data_bits;  ///< the block's own code words
  std::optional<std::size_t> size;
  std::string_view why;
};

/// 18 stands for 11 zeros and `extra` more.
const DynamicVector dynamic_vectors[] = {
    {{{1}, {18, 127}, {18, 106}, {1}, {0}}, 17, 0b1, 1, 0, "only its end"},
    {{{1}, {18, 127}, {18, 106}, {1}, {0}}, 17, 0b001, 3, 2, "two literals"},
    {{{1}, {18, 127}, {18, 103}, {17, 0}, {1}, {0}}, 17, 0b01, 2, 1, "17: three zeros"},
    {{{2}, {16, 0}, {18, 127}, {18, 103}, {2}, {0}}, 16, 0, 2, std::nullopt, "more code words than there is room for"},
    {{{2}, {2}, {2}, {18, 127}, {18, 104}, {1}, {0}}, 17, 0b0, 1, std::nullopt, "the same; the end could be told"},
    {{{1}, {18, 127}, {18, 106}, {1}, {17, 0}}, 17, 0b1, 1, std::nullopt, "17 goes on behind the last length"},
    {{{1}, {18, 127}, {18, 106}, {1}, {16, 0}}, 16, 0b1, 1, std::nullopt, "16 goes on behind the last length"},
    {{{1}, {18, 127}, {18, 107}, {1}, {18, 0}}, 17, 0b1, 1, std::nullopt, "18 goes on behind the last length"},
    {{{16, 0}, {1}, {18, 127}, {18, 103}, {1}, {0}}, 16, 0b1, 1, std::nullopt, "16 in front of all: repeats nothing"},
};

TEST(DeflateBlocks, OfDynamicCodesAreReadAsZlibReadsThem) {
  for (const DynamicVector& vector : dynamic_vectors) {
    const ByteVector bytes = dynamic_block(vector.lengths, vector.repeat, vector.data, vector.data_bits);
    const test::GuardPage page{Bytes(bytes)};
    const Walk walked = walk(page.bytes());
    EXPECT_EQ(walked.whole, vector.size.has_value()) << vector.why;
    EXPECT_EQ(walked.size, vector.size.value_or(0)) << vector.why;
    EXPECT_EQ(Reference(bytes).size(), vector.size) << vector.why;
  }
  EXPECT_EQ(std::size(dynamic_vectors), 9U);
}

TEST(DeflateBlocks, TheLongestStoredBlockIsVisitedAtOnce) {
  const ByteVector plain = noise(65535, 1);
  const Walk walked = walk(test::stored_blocks(plain));
  EXPECT_TRUE(walked.whole);
  EXPECT_EQ(walked.tokens, (std::vector<Token>{{65535, 0}}));
}

TEST(DeflateBlocks, BehindAFinalOneTheNextBeginsWithTheNextByte) {
  int checked = 0;
  for (const int strategy : {Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE}) {
    for (const int level : {0, 6}) {
      // Each size ends in another bit of the last byte.
      for (std::size_t size = 1; size <= 40; ++size) {
        const ByteVector first = prose(size, 1);
        const ByteVector second = prose(500, 1);
        Deflater sender({.level = level, .strategy = strategy});
        const Walk walked =
            walk(joined({sender.final_block(first), sender.final_block(second), sender.with_tail(first)}));
        expect_reproduces(walked, joined({first, second, first}));
        ++checked;
      }
    }
  }
  EXPECT_EQ(checked, 4 * 2 * 40);
}

// ---- data that ends too early, or is none

TEST(DeflateTokens, OfDataThatIsCutAnywhereAreTheFirstOnesOfTheWhole) {
  int cuts = 0;
  int whole = 0;
  for (const ByteVector& plain : {prose(1500, 1), noise(300, 2), runs(6000, 3)}) {
    for (const int level : {0, 6}) {
      for (const int strategy : {Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY}) {
        Deflater sender({.level = level, .strategy = strategy});
        const ByteVector first = sender.final_block(plain);
        const ByteVector bytes = joined({first, sender.with_tail(prose(100, 4))});
        const std::vector<Token> all = walk(bytes).tokens;
        test::GuardPage page(bytes.size());
        for (std::size_t size = 0; size < bytes.size(); ++size) {
          const Walk walked = walk(page.at_end(Bytes(bytes).first(size)));
          ASSERT_LE(walked.tokens.size(), all.size());
          ASSERT_TRUE(std::equal(walked.tokens.begin(), walked.tokens.end(), all.begin())) << size;
          ASSERT_EQ(walked.whole, Reference(Bytes(bytes).first(size)).size().has_value()) << size;
          whole += walked.whole ? 1 : 0;
          ++cuts;
        }
      }
    }
  }
  EXPECT_GT(cuts, 10'000);
  EXPECT_GE(whole, 2 * 18) << "cut at 0, and behind the final block";
}

/// Whatever zlib takes for DEFLATE is walked, to the same length. (zlib refuses some codes that the walk lets pass.)
bool expect_as_zlib(Bytes bytes) {
  const Walk walked = walk(bytes);
  const auto size = Reference(bytes).size();
  if (!size) return false;
  EXPECT_TRUE(walked.whole);
  EXPECT_EQ(walked.size, *size);
  return true;
}

TEST(DeflateTokens, OfGarbageAreFewAndWithinItsBytes) {
  std::mt19937 random(1);
  test::GuardPage page(512);
  for (int i = 0; i < 50'000; ++i) {
    ByteVector bytes = noise(random() % 300, random());
    // Half of them begin as a dynamic block, the kind with most to go wrong.
    if (!bytes.empty() && i % 2 == 0) bytes[0] = static_cast<std::uint8_t>((bytes[0] & ~7U) | 4U);
    const MutableBytes view = page.at_end(bytes);
    const Walk walked = walk(view);
    ASSERT_LE(walked.tokens.size(), bytes.size() * 8);
    expect_as_zlib(view);
  }
}

TEST(DeflateTokens, OfDataWithOneWrongBitAreAsZlibTakesThem) {
  std::mt19937 random(2);
  test::GuardPage page(4096);
  int taken = 0;
  int refused = 0;
  for (const ByteVector& plain : {prose(600, 1), noise(150, 2), runs(3000, 3)}) {
    for (const int strategy : {Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE}) {
      const ByteVector right = Deflater({.strategy = strategy}).with_tail(plain);
      for (std::size_t bit = 0; bit < right.size() * 8; ++bit) {
        ByteVector wrong = right;
        wrong[bit / 8] = static_cast<std::uint8_t>(wrong[bit / 8] ^ 1U << (bit % 8));
        ++(expect_as_zlib(page.at_end(wrong)) ? taken : refused);
      }
    }
  }
  EXPECT_GT(taken, 3000);
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace websocket
