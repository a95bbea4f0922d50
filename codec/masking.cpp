// SPDX-License-Identifier: GPL-2.0-or-later
#include "masking.h"

#include <cassert>
#include <cstring>

namespace websocket {
namespace {

using Word = std::uint64_t;

/// The key as it falls on the bytes from `offset` on, as often as it fits. Its length divides a word's, so one word
/// serves every word of the payload. Bytes are copied, never shifted: byte order and alignment do not matter.
Word repeated_key(const MaskingKey& key, std::uint64_t offset) {
  std::array<std::uint8_t, sizeof(Word)> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = key[(offset + i) % key.size()];
  Word word = 0;
  std::memcpy(&word, bytes.data(), sizeof word);
  return word;
}

void mask_word(const std::uint8_t* source, std::uint8_t* destination, Word key) {
  Word word = 0;
  std::memcpy(&word, source, sizeof word);
  word ^= key;
  std::memcpy(destination, &word, sizeof word);
}

}  // namespace

void apply_mask(MutableBytes payload, const MaskingKey& key, std::uint64_t offset) {
  apply_mask(payload, payload, key, offset);
}

void apply_mask(Bytes source, MutableBytes destination, const MaskingKey& key, std::uint64_t offset) {
  assert(destination.size() >= source.size());
  const Word word_key = repeated_key(key, offset);
  std::size_t i = 0;
  for (; source.size() - i >= sizeof(Word); i += sizeof(Word)) mask_word(&source[i], &destination[i], word_key);
  for (; i < source.size(); ++i) {
    destination[i] = static_cast<std::uint8_t>(source[i] ^ key[(offset + i) % key.size()]);
  }
}

}  // namespace websocket
