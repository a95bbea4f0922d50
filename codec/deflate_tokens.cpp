// SPDX-License-Identifier: GPL-2.0-or-later
#include "deflate_tokens.h"

#include <algorithm>
#include <array>
#include <optional>

namespace websocket {
namespace {

constexpr unsigned longest_code = 15;
constexpr unsigned end_of_block = 256;

/// §3.1.1: bits from the lowest of each byte on.
class BitReader {
 public:
  explicit BitReader(Bytes bytes) : bytes_(bytes) {}

  [[nodiscard]] bool has(unsigned count) const { return bytes_.size() * 8 - at_ >= count; }
  [[nodiscard]] bool at_end() const { return at_ == bytes_.size() * 8; }
  /// has(count) holds.
  unsigned take(unsigned count) {
    unsigned value = 0;
    for (unsigned i = 0; i < count; ++i, ++at_) value |= ((bytes_[at_ / 8] >> (at_ % 8)) & 1U) << i;
    return value;
  }
  void align() { at_ = (at_ + 7) / 8 * 8; }
  void skip_bytes(std::size_t count) { at_ += count * 8; }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;  ///< in bits
};

/// §3.2.2: a canonical Huffman code, given by the lengths of its code words.
class Code {
 public:
  /// False: more code words than the lengths have room for.
  bool build(std::span<const std::uint8_t> lengths) {
    count_ = {};
    for (const std::uint8_t length : lengths) ++count_[length];
    int left = 1;
    for (unsigned length = 1; length <= longest_code; ++length) {
      left = left * 2 - count_[length];
      if (left < 0) return false;
    }
    std::array<std::uint16_t, longest_code + 1> next{};
    for (unsigned length = 1; length < longest_code; ++length)
      next[length + 1] = static_cast<std::uint16_t>(next[length] + count_[length]);
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol)
      if (lengths[symbol] != 0) symbols_[next[lengths[symbol]]++] = static_cast<std::uint16_t>(symbol);
    return true;
  }

  /// None: the data ends, or no code word begins so.
  std::optional<unsigned> take_symbol(BitReader& reader) const {
    int code = 0;
    int first = 0;
    int index = 0;
    for (unsigned length = 1; length <= longest_code; ++length) {
      if (!reader.has(1)) return std::nullopt;
      code |= static_cast<int>(reader.take(1));
      const int count = count_[length];
      if (code - count < first) return symbols_[static_cast<std::size_t>(index + code - first)];
      index += count;
      first = (first + count) * 2;
      code *= 2;
    }
    return std::nullopt;
  }

 private:
  std::array<std::uint16_t, longest_code + 1> count_{};  ///< of code words, by length
  std::array<std::uint16_t, 288> symbols_{};             ///< in the order of their code words
};

struct Extra {
  std::uint16_t base;
  std::uint8_t bits;
};

// §3.2.5
constexpr std::array<Extra, 29> length_codes{
    {{3, 0},  {4, 0},  {5, 0},  {6, 0},   {7, 0},   {8, 0},   {9, 0},   {10, 0},  {11, 1}, {13, 1},
     {15, 1}, {17, 1}, {19, 2}, {23, 2},  {27, 2},  {31, 2},  {35, 3},  {43, 3},  {51, 3}, {59, 3},
     {67, 4}, {83, 4}, {99, 4}, {115, 4}, {131, 5}, {163, 5}, {195, 5}, {227, 5}, {258, 0}}};
constexpr std::array<Extra, 30> distance_codes{
    {{1, 0},     {2, 0},     {3, 0},     {4, 0},      {5, 1},      {7, 1},     {9, 2},     {13, 2},
     {17, 3},    {25, 3},    {33, 4},    {49, 4},     {65, 5},     {97, 5},    {129, 6},   {193, 6},
     {257, 7},   {385, 7},   {513, 8},   {769, 8},    {1025, 9},   {1537, 9},  {2049, 10}, {3073, 10},
     {4097, 11}, {6145, 11}, {8193, 12}, {12289, 12}, {16385, 13}, {24577, 13}}};

template <std::size_t size>
std::optional<unsigned> take_extra(BitReader& reader, const std::array<Extra, size>& codes, unsigned code) {
  if (code >= size || !reader.has(codes[code].bits)) return std::nullopt;
  return codes[code].base + reader.take(codes[code].bits);
}

class Walker {
 public:
  Walker(Bytes bytes, DeflateVisitor& visitor) : reader_(bytes), visitor_(visitor) {}

  bool walk() {
    while (!reader_.at_end()) {
      if (!reader_.has(3)) return false;
      const bool final = reader_.take(1) != 0;
      if (!block(reader_.take(2))) return false;
      if (final) reader_.align();
    }
    return true;
  }

 private:
  bool block(unsigned type) {
    if (type == 0) return stored();
    if (type == 1) return fixed();
    return type == 2 && dynamic();
  }

  // §3.2.4
  bool stored() {
    reader_.align();
    if (!reader_.has(32)) return false;
    const unsigned length = reader_.take(16);
    if (reader_.take(16) != (length ^ 0xFFFFU) || !reader_.has(length * 8)) return false;
    reader_.skip_bytes(length);
    if (length != 0) visitor_.literals(length);
    return true;
  }

  // §3.2.6
  bool fixed() {
    std::array<std::uint8_t, 288> lengths{};
    std::fill_n(lengths.begin(), 144, std::uint8_t{8});
    std::fill_n(lengths.begin() + 144, 112, std::uint8_t{9});
    std::fill_n(lengths.begin() + 256, 24, std::uint8_t{7});
    std::fill_n(lengths.begin() + 280, 8, std::uint8_t{8});
    std::array<std::uint8_t, 30> distances{};
    distances.fill(5);
    return literal_.build(lengths) && distance_.build(distances) && tokens();
  }

  // §3.2.7
  bool dynamic() {
    if (!reader_.has(14)) return false;
    const unsigned literal_count = reader_.take(5) + 257;
    const unsigned distance_count = reader_.take(5) + 1;
    const unsigned code_count = reader_.take(4) + 4;
    std::array<std::uint8_t, 320> lengths{};
    return code_lengths(code_count) && take_lengths(lengths, literal_count + distance_count) &&
           literal_.build(std::span(lengths).first(literal_count)) &&
           distance_.build(std::span(lengths).subspan(literal_count, distance_count)) && tokens();
  }

  bool code_lengths(unsigned count) {
    static constexpr std::array<std::uint8_t, 19> order{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                        11, 4,  12, 3, 13, 2, 14, 1, 15};
    std::array<std::uint8_t, 19> lengths{};
    if (!reader_.has(count * 3)) return false;
    for (unsigned i = 0; i < count; ++i) lengths[order[i]] = static_cast<std::uint8_t>(reader_.take(3));
    return literal_.build(lengths);
  }

  bool take_lengths(std::array<std::uint8_t, 320>& lengths, unsigned count) {
    for (unsigned at = 0; at < count;) {
      const auto symbol = literal_.take_symbol(reader_);
      if (!symbol) return false;
      if (*symbol < 16) {
        lengths[at++] = static_cast<std::uint8_t>(*symbol);
        continue;
      }
      const unsigned bits = *symbol == 16 ? 2 : *symbol == 17 ? 3 : 7;
      if (!reader_.has(bits) || (*symbol == 16 && at == 0)) return false;
      const unsigned times = reader_.take(bits) + (*symbol == 18 ? 11 : 3);
      const std::uint8_t length = *symbol == 16 ? lengths[at - 1] : std::uint8_t{0};
      if (at + times > count) return false;
      for (unsigned i = 0; i < times; ++i) lengths[at++] = length;
    }
    return true;
  }

  bool tokens() {
    for (;;) {
      const auto symbol = literal_.take_symbol(reader_);
      if (!symbol) return false;
      if (*symbol == end_of_block) return true;
      if (*symbol < end_of_block) {
        visitor_.literals(1);
        continue;
      }
      const auto length = take_extra(reader_, length_codes, *symbol - 257);
      const auto code = length ? distance_.take_symbol(reader_) : std::nullopt;
      const auto distance = code ? take_extra(reader_, distance_codes, *code) : std::nullopt;
      if (!distance) return false;
      visitor_.match(*length, *distance);
    }
  }

  BitReader reader_;
  DeflateVisitor& visitor_;
  Code literal_, distance_;
};

}  // namespace

bool walk_deflate(Bytes compressed, DeflateVisitor& visitor) { return Walker(compressed, visitor).walk(); }

}  // namespace websocket
