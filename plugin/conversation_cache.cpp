// SPDX-License-Identifier: GPL-2.0-or-later
#include "conversation_cache.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace wslens {
namespace {

/// Both ends of a packet, in its own direction: addresses (IPv4 ones are the first 4 bytes, the rest is 0), then their
/// size and both ports.
struct Ends {
  std::uint64_t words[5];
  bool operator==(const Ends&) const = default;
};

struct Slot {
  Ends ends;
  conversation_t* conversation;  ///< null: empty
};

/// One place for each hash: a packet of another connection simply takes it over.
constexpr std::size_t slot_count = 4096;
std::array<Slot, slot_count> slots;

bool ends_of(const packet_info* pinfo, Ends& ends) {
  const int size = pinfo->src.len;
  const bool ip = pinfo->src.type == AT_IPv4 || pinfo->src.type == AT_IPv6;
  if (!ip || pinfo->dst.type != pinfo->src.type || pinfo->dst.len != size || (size != 4 && size != 16)) return false;
  ends = {};
  std::memcpy(&ends.words[0], pinfo->src.data, static_cast<std::size_t>(size));
  std::memcpy(&ends.words[2], pinfo->dst.data, static_cast<std::size_t>(size));
  ends.words[4] =
      static_cast<std::uint64_t>(size) << 32 | (pinfo->srcport & 0xFFFFU) << 16 | (pinfo->destport & 0xFFFFU);
  return true;
}

std::size_t slot_of(const Ends& ends) {
  constexpr std::uint64_t odd = 0x9E3779B97F4A7C15U;  // 2^64 divided by the golden ratio
  std::uint64_t hash = 0;
  for (const std::uint64_t word : ends.words) hash = ((hash << 5 | hash >> 59) ^ word) * odd;
  return (hash >> 32) % slot_count;
}

}  // namespace

conversation_t* cached_conversation(packet_info* pinfo, bool syn) {
  Ends ends;
  if (are_conversations_deinterlaced() || !ends_of(pinfo, ends)) return find_conversation_pinfo(pinfo, 0);
  Slot& slot = slots[slot_of(ends)];
  if (!syn && slot.conversation != nullptr && slot.ends == ends) return slot.conversation;
  slot = {ends, find_conversation_pinfo(pinfo, 0)};
  return slot.conversation;
}

void forget_conversations() { slots.fill({}); }

}  // namespace wslens
