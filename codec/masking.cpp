// SPDX-License-Identifier: GPL-2.0-or-later
#include "masking.h"

#include <cassert>

#include "block.h"

namespace websocket {
namespace {

/// The key as it falls on the bytes from `offset` on. Its size divides a block's, so one block of it serves them all.
std::uint32_t key_from(const MaskingKey& key, std::uint64_t offset) {
  std::uint32_t word = 0;
  std::memcpy(&word, key.data(), sizeof word);
  const int bits = static_cast<int>(offset % key.size()) * 8;
  return std::endian::native == std::endian::little ? std::rotr(word, bits) : std::rotl(word, bits);
}

/// `size` is a block's at least. The last block covers bytes that the one before it covers too, so none is left over.
template <typename SomeBlock>
bool mask_blocks(const std::uint8_t* source, std::uint8_t* destination, std::size_t size, const MaskingKey& key,
                 std::uint64_t offset) {
  const std::size_t last_at = size - SomeBlock::size;
  SomeBlock last = SomeBlock::load(source + last_at);  // in place, it would soon be another
  last ^= SomeBlock::repeat(key_from(key, offset + last_at));
  const SomeBlock block_key = SomeBlock::repeat(key_from(key, offset));
  SomeBlock seen = last;
  for (std::size_t at = 0; at < last_at; at += SomeBlock::size) {
    SomeBlock block = SomeBlock::load(source + at);
    block ^= block_key;
    block.store(destination + at);
    seen |= block;
  }
  last.store(destination + last_at);
  return seen.is_ascii();
}

/// More than caches hold: from here on stores go past them.
constexpr std::size_t past_cache_from = std::size_t{4} * 1024 * 1024;

/// The same from one buffer to another, for `past_cache_from` bytes and more.
bool mask_past_cache(const std::uint8_t* source, std::uint8_t* destination, std::size_t size, const MaskingKey& key,
                     std::uint64_t offset) {
  constexpr std::size_t step = 4 * Block::size;  // a line of the cache
  const std::size_t front = step - reinterpret_cast<std::uintptr_t>(destination) % step;
  const std::size_t middle = (size - front) / step * step;
  const std::size_t behind = front + middle - Block::size;  // it covers a block again, so that it is one at least
  const Block block_key = Block::repeat(key_from(key, offset + front));
  Block seen = Block::repeat(0);
  for (std::size_t at = front; at < front + middle; at += step) {
    for (std::size_t i = at; i < at + step; i += Block::size) {
      Block block = Block::load(source + i);
      block ^= block_key;
      block.store_past_cache(destination + i);
      seen |= block;
    }
  }
  Block::finish_past_cache();
  const bool front_ascii = mask_blocks<Block>(source, destination, front + Block::size, key, offset);
  const bool rest_ascii =
      mask_blocks<Block>(source + behind, destination + behind, size - behind, key, offset + behind);
  return seen.is_ascii() && front_ascii && rest_ascii;
}

bool mask_bytes(Bytes source, std::uint8_t* destination, const MaskingKey& key, std::uint64_t offset) {
  std::uint8_t seen = 0;
  for (std::size_t i = 0; i < source.size(); ++i) {
    destination[i] = static_cast<std::uint8_t>(source[i] ^ key[(offset + i) % key.size()]);
    seen |= destination[i];
  }
  return seen <= 0x7F;
}

}  // namespace

bool apply_mask(MutableBytes payload, const MaskingKey& key, std::uint64_t offset) {
  return apply_mask(payload, payload, key, offset);
}

bool apply_mask(Bytes source, MutableBytes destination, const MaskingKey& key, std::uint64_t offset) {
  assert(destination.size() >= source.size());
  using EightBytes = WordBlock<std::uint64_t>;
  using FourBytes = WordBlock<std::uint32_t>;
  const std::size_t size = source.size();
  std::uint8_t* const to = destination.data();
  if (size >= past_cache_from && to != source.data()) return mask_past_cache(source.data(), to, size, key, offset);
  if (size >= Block::size) return mask_blocks<Block>(source.data(), to, size, key, offset);
  if (size >= EightBytes::size) return mask_blocks<EightBytes>(source.data(), to, size, key, offset);
  if (size >= FourBytes::size) return mask_blocks<FourBytes>(source.data(), to, size, key, offset);
  return mask_bytes(source, to, key, offset);
}

}  // namespace websocket
