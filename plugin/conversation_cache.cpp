// SPDX-License-Identifier: GPL-2.0-or-later
#include "conversation_cache.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace wslens {
namespace {

/// Both ends of a packet, in its own direction.
struct Ends {
  std::uint64_t source[2], destination[2];  ///< addresses; of IPv4 in the first
  std::uint64_t ports;                      ///< and the size of the addresses
  bool operator==(const Ends&) const = default;
};

struct Slot {
  Ends ends;
  conversation_t* conversation;  ///< null: empty
};

/// One place for each hash: a packet of another connection simply takes it over.
constexpr std::size_t slot_count = 4096;
std::array<Slot, slot_count> slots;

bool read_address(const address& from, std::uint64_t (&words)[2]) {
  if (from.type == AT_IPv4 && from.len == 4) {
    std::uint32_t word;
    std::memcpy(&word, from.data, sizeof word);
    words[0] = word;
    words[1] = 0;
    return true;
  }
  if (from.type != AT_IPv6 || from.len != sizeof words) return false;
  std::memcpy(words, from.data, sizeof words);
  return true;
}

bool ends_of(const packet_info* pinfo, Ends& ends) {
  const std::uint64_t size = static_cast<unsigned>(pinfo->src.len);
  ends.ports = size << 32 | (pinfo->srcport & 0xFFFFU) << 16 | (pinfo->destport & 0xFFFFU);
  return pinfo->src.type == pinfo->dst.type && read_address(pinfo->src, ends.source) &&
         read_address(pinfo->dst, ends.destination);
}

std::size_t slot_of(const Ends& ends) {
  constexpr std::uint64_t odd = 0x9E3779B97F4A7C15U;  // 2^64 divided by the golden ratio
  const std::uint64_t from = (ends.source[0] ^ ends.source[1] << 1) * odd;
  const std::uint64_t to = (ends.destination[0] ^ ends.destination[1] << 1) * odd;
  return (((from << 7 | from >> 57) ^ to ^ ends.ports) * odd >> 40) % slot_count;
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
