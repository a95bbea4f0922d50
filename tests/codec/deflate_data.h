// SPDX-License-Identifier: GPL-2.0-or-later
/// For tests of DEFLATE (RFC 1951): inputs of several kinds, the same on every machine, and data written token by
/// token.
///
/// Shape   prose(size, seed) -> plain bytes; FixedBlock().literals("ab").match(3, 2).message() -> a message's payload.
/// zlib chooses its own matches; a FixedBlock says exactly how far back a message refers.
#pragma once

#include <array>
#include <bit>
#include <random>

#include "support/wire.h"

namespace websocket::test {

/// Hardly anything repeats.
inline ByteVector noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  ByteVector bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

/// Words of a small vocabulary, which is another one for each seed.
inline ByteVector prose(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::array<std::string, 64> words;
  for (std::string& word : words)
    for (auto letters = 2 + random() % 8; letters != 0; --letters) word += static_cast<char>('a' + random() % 26);
  ByteVector bytes;
  while (bytes.size() < size) {
    const std::string& word = words.at(random() % words.size());
    bytes.insert(bytes.end(), word.begin(), word.end());
    bytes.push_back(' ');
  }
  bytes.resize(size);
  return bytes;
}

/// The same byte up to 999 times, then another one.
inline ByteVector runs(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  ByteVector bytes;
  while (bytes.size() < size) bytes.insert(bytes.end(), 1 + random() % 999, static_cast<std::uint8_t>(random()));
  bytes.resize(size);
  return bytes;
}

/// §3.1.1: bits from the lowest of each byte on.
class BitWriter {
 public:
  /// From its lowest bit on.
  void number(unsigned value, unsigned bits) {
    for (unsigned i = 0; i < bits; ++i) bit(value >> i & 1U);
  }
  /// A code word: from its highest bit on.
  void code(unsigned value, unsigned bits) {
    while (bits-- != 0) bit(value >> bits & 1U);
  }
  [[nodiscard]] const ByteVector& bytes() const { return bytes_; }

 private:
  void bit(unsigned value) {
    if (free_bits_ == 0) {
      bytes_.push_back(0);
      free_bits_ = 8;
    }
    bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | value << (8 - free_bits_));
    --free_bits_;
  }

  ByteVector bytes_;
  unsigned free_bits_ = 0;  ///< of the last byte
};

/// §3.2.6: one block, with the fixed codes.
class FixedBlock {
 public:
  explicit FixedBlock(bool final = false) {
    bits_.number(final ? 1 : 0, 1);
    bits_.number(1, 2);
  }

  FixedBlock& literal(std::uint8_t byte) {
    byte < 144 ? bits_.code(0x30U + byte, 8) : bits_.code(0x190U + byte - 144, 9);
    return *this;
  }
  FixedBlock& literals(Bytes bytes) {
    for (const std::uint8_t byte : bytes) literal(byte);
    return *this;
  }
  FixedBlock& literals(std::string_view text) { return literals(as_bytes(text)); }
  /// §3.2.5: `length` 3..258, `distance` 1..32768.
  FixedBlock& match(unsigned length, unsigned distance) {
    const unsigned l = length - 3;
    const unsigned length_bits = length == 258 || l < 8 ? 0 : std::bit_width(l) - 3;
    symbol(length == 258 ? 285 : 257 + 4 * length_bits + (l >> length_bits));
    bits_.number(l & ((1U << length_bits) - 1), length_bits);
    const unsigned d = distance - 1;
    const unsigned distance_bits = d < 4 ? 0 : std::bit_width(d) - 2;
    bits_.code(2 * distance_bits + (d >> distance_bits), 5);
    bits_.number(d & ((1U << distance_bits) - 1), distance_bits);
    return *this;
  }

  /// The block alone.
  ByteVector block() {
    symbol(256);
    return bits_.bytes();
  }
  /// The payload of a message: behind the block stands the beginning of an empty stored one.
  ByteVector message() {
    symbol(256);
    bits_.number(0, 3);
    return bits_.bytes();
  }

 private:
  void symbol(unsigned value) { value < 280 ? bits_.code(value - 256, 7) : bits_.code(0xC0 + value - 280, 8); }

  BitWriter bits_;
};

/// §3.2.4: stored blocks of at most 65535 bytes.
inline ByteVector stored_blocks(Bytes plain) {
  ByteVector bytes;
  while (!plain.empty()) {
    const Bytes part = plain.first(std::min<std::size_t>(plain.size(), 65535));
    const auto low = static_cast<std::uint8_t>(part.size());
    const auto high = static_cast<std::uint8_t>(part.size() >> 8);
    for (const int each : {0, int{low}, int{high}, low ^ 0xFF, high ^ 0xFF})
      bytes.push_back(static_cast<std::uint8_t>(each));
    bytes.insert(bytes.end(), part.begin(), part.end());
    plain = plain.subspan(part.size());
  }
  return bytes;
}

/// The payload of a message without any reference back.
inline ByteVector stored_message(Bytes plain) { return joined({stored_blocks(plain), {0}}); }

}  // namespace websocket::test
