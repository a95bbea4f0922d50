// SPDX-License-Identifier: GPL-2.0-or-later
/// As many bytes as the machine takes in one step: 16 with SSE2, which every x86-64 has, else 8.
///
/// Shape   load(), a few operations on all bytes at once, store(). Any alignment, any byte order.
/// The caller sees to it that Block::size bytes are there.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace websocket {

/// An unsigned integer as a block.
template <typename Word>
class WordBlock {
 public:
  static constexpr std::size_t size = sizeof(Word);

  static WordBlock load(const std::uint8_t* from) {
    WordBlock block;
    std::memcpy(&block.word_, from, size);
    return block;
  }
  /// The same four bytes again and again.
  static WordBlock repeat(std::uint32_t four) {
    WordBlock block;
    block.word_ = static_cast<Word>(static_cast<Word>(~Word{0}) / 0xFFFF'FFFFU * four);
    return block;
  }
  void store(std::uint8_t* to) const { std::memcpy(to, &word_, size); }
  void store_past_cache(std::uint8_t* to) const { store(to); }
  static void finish_past_cache() {}

  WordBlock& operator^=(WordBlock other) {
    word_ ^= other.word_;
    return *this;
  }
  WordBlock& operator|=(WordBlock other) {
    word_ |= other.word_;
    return *this;
  }
  /// How many bytes from the front are ASCII.
  [[nodiscard]] std::size_t ascii_prefix() const {
    const Word others = word_ & repeat(0x8080'8080U).word_;
    const int bits = std::endian::native == std::endian::little ? std::countr_zero(others) : std::countl_zero(others);
    return static_cast<std::size_t>(bits) / 8;
  }
  [[nodiscard]] bool is_ascii() const { return (word_ & repeat(0x8080'8080U).word_) == 0; }
  /// ASCII without control characters. A byte that is none sets its own top bit, whatever it borrows or is carried.
  [[nodiscard]] bool is_plain() const {
    const Word below_blank = word_ - repeat(0x2020'2020U).word_;
    const Word above_tilde = word_ + repeat(0x0101'0101U).word_;
    return ((below_blank | above_tilde | word_) & repeat(0x8080'8080U).word_) == 0;
  }

 private:
  Word word_ = 0;
};

#if defined(__SSE2__)
class Block {
 public:
  static constexpr std::size_t size = 16;

  static Block load(const std::uint8_t* from) { return Block(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))); }
  static Block repeat(std::uint32_t four) { return Block(_mm_set1_epi32(static_cast<int>(four))); }
  void store(std::uint8_t* to) const { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes_); }
  /// `to` is a multiple of `size`. The line is not read first, and drives nothing else out of the cache.
  void store_past_cache(std::uint8_t* to) const { _mm_stream_si128(reinterpret_cast<__m128i*>(to), bytes_); }
  /// After the last of them, before anybody reads.
  static void finish_past_cache() { _mm_sfence(); }

  Block& operator^=(Block other) {
    bytes_ = _mm_xor_si128(bytes_, other.bytes_);
    return *this;
  }
  Block& operator|=(Block other) {
    bytes_ = _mm_or_si128(bytes_, other.bytes_);
    return *this;
  }
  [[nodiscard]] std::size_t ascii_prefix() const {
    const auto others = static_cast<unsigned>(_mm_movemask_epi8(bytes_));
    return static_cast<std::size_t>(std::countr_zero(others | 1U << size));
  }
  [[nodiscard]] bool is_ascii() const { return _mm_movemask_epi8(bytes_) == 0; }
  [[nodiscard]] bool is_plain() const {
    const __m128i below_blank = _mm_cmplt_epi8(bytes_, _mm_set1_epi8(0x20));  // signed: and all above ASCII
    const __m128i deleted = _mm_cmpeq_epi8(bytes_, _mm_set1_epi8(0x7F));
    return _mm_movemask_epi8(_mm_or_si128(below_blank, deleted)) == 0;
  }

 private:
  explicit Block(__m128i bytes) : bytes_(bytes) {}
  __m128i bytes_;
};
#else
using Block = WordBlock<std::uint64_t>;
#endif

/// Two blocks side by side as one.
template <typename Half>
class Twice {
 public:
  static constexpr std::size_t size = 2 * Half::size;

  static Twice load(const std::uint8_t* from) { return {Half::load(from), Half::load(from + Half::size)}; }
  static Twice repeat(std::uint32_t four) { return {Half::repeat(four), Half::repeat(four)}; }
  void store(std::uint8_t* to) const {
    front_.store(to);
    back_.store(to + Half::size);
  }
  void store_past_cache(std::uint8_t* to) const {
    front_.store_past_cache(to);
    back_.store_past_cache(to + Half::size);
  }
  static void finish_past_cache() { Half::finish_past_cache(); }

  Twice& operator^=(Twice other) {
    front_ ^= other.front_;
    back_ ^= other.back_;
    return *this;
  }
  Twice& operator|=(Twice other) {
    front_ |= other.front_;
    back_ |= other.back_;
    return *this;
  }
  [[nodiscard]] bool is_ascii() const {
    Half seen = front_;
    seen |= back_;
    return seen.is_ascii();
  }

 private:
  Twice(Half front, Half back) : front_(front), back_(back) {}
  Half front_, back_;
};
using TwoBlocks = Twice<Block>;
using FourBlocks = Twice<TwoBlocks>;

}  // namespace websocket
