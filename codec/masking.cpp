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

/// A block at least. The last one covers bytes that the one before it covers too, so none is left over.
template <typename SomeBlock>
bool mask_blocks(Bytes source, MutableBytes destination, const MaskingKey& key, std::uint64_t offset) {
  const std::uint8_t* const from = source.data();
  std::uint8_t* const to = destination.data();
  const std::size_t last_at = source.size() - SomeBlock::size;
  SomeBlock last = SomeBlock::load(from + last_at);  // in place, it would soon be another
  last ^= SomeBlock::repeat(key_from(key, offset + last_at));
  const SomeBlock block_key = SomeBlock::repeat(key_from(key, offset));
  SomeBlock seen = last;
  for (std::size_t at = 0; at < last_at; at += SomeBlock::size) {
    SomeBlock block = SomeBlock::load(from + at);
    block ^= block_key;
    block.store(to + at);
    seen |= block;
  }
  last.store(to + last_at);
  return seen.is_ascii();
}

/// A block at least. The larger the blocks, the fewer branches that nobody foretells.
bool mask_large_blocks(Bytes source, MutableBytes destination, const MaskingKey& key, std::uint64_t offset) {
  if (source.size() >= FourBlocks::size) return mask_blocks<FourBlocks>(source, destination, key, offset);
  if (source.size() >= TwoBlocks::size) return mask_blocks<TwoBlocks>(source, destination, key, offset);
  return mask_blocks<Block>(source, destination, key, offset);
}

/// More than caches hold: from here on stores go past them.
constexpr std::size_t past_cache_from = std::size_t{4} * 1024 * 1024;

/// The same from one buffer to another, for `past_cache_from` bytes and more. Out of line, as mask_less_than_a_block(),
/// so that the usual call keeps nothing on the stack.
[[gnu::noinline]] bool mask_past_cache(Bytes source, MutableBytes destination, const MaskingKey& key,
                                       std::uint64_t offset) {
  constexpr std::size_t step = FourBlocks::size;  // a line of the cache
  const std::size_t front = step - reinterpret_cast<std::uintptr_t>(destination.data()) % step;
  const std::size_t middle = (source.size() - front) / step * step;
  const std::size_t behind = front + middle - Block::size;  // it covers a block again, so that it is one at least
  const FourBlocks key_blocks = FourBlocks::repeat(key_from(key, offset + front));
  FourBlocks seen = FourBlocks::repeat(0);
  for (std::size_t at = front; at < front + middle; at += step) {
    FourBlocks blocks = FourBlocks::load(source.data() + at);
    blocks ^= key_blocks;
    blocks.store_past_cache(destination.data() + at);
    seen |= blocks;
  }
  FourBlocks::finish_past_cache();
  const bool front_ascii = mask_large_blocks(source.first(front + Block::size), destination, key, offset);
  const bool rest_ascii = mask_large_blocks(source.subspan(behind), destination.subspan(behind), key, offset + behind);
  return seen.is_ascii() && front_ascii && rest_ascii;
}

bool mask_bytes(Bytes source, MutableBytes destination, const MaskingKey& key, std::uint64_t offset) {
  std::uint8_t seen = 0;
  for (std::size_t i = 0; i < source.size(); ++i) {
    destination[i] = static_cast<std::uint8_t>(source[i] ^ key[(offset + i) % key.size()]);
    seen |= destination[i];
  }
  return seen <= 0x7F;
}

[[gnu::noinline]] bool mask_less_than_a_block(Bytes source, MutableBytes destination, const MaskingKey& key,
                                              std::uint64_t offset) {
  using EightBytes = WordBlock<std::uint64_t>;
  using FourBytes = WordBlock<std::uint32_t>;
  if (source.size() >= EightBytes::size) return mask_blocks<EightBytes>(source, destination, key, offset);
  if (source.size() >= FourBytes::size) return mask_blocks<FourBytes>(source, destination, key, offset);
  return mask_bytes(source, destination, key, offset);
}

}  // namespace

bool apply_mask(MutableBytes payload, const MaskingKey& key, std::uint64_t offset) {
  return apply_mask(payload, payload, key, offset);
}

bool apply_mask(Bytes source, MutableBytes destination, const MaskingKey& key, std::uint64_t offset) {
  assert(destination.size() >= source.size());
  if (source.size() < Block::size) return mask_less_than_a_block(source, destination, key, offset);
  const bool in_place = destination.data() == source.data();
  if (source.size() >= past_cache_from && !in_place) return mask_past_cache(source, destination, key, offset);
  return mask_large_blocks(source, destination, key, offset);
}

}  // namespace websocket
