// SPDX-License-Identifier: GPL-2.0-or-later
#include "conversation_cache.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace wslens {
namespace {

struct End {
  std::uint64_t address[2];  ///< of IPv4 in the first
  std::uint64_t port;        ///< and the size of the address
  bool operator==(const End&) const = default;
};

/// Of a packet.
struct Ends {
  End from, to;
  [[nodiscard]] bool are_those_of(const Ends& other) const {  // in either direction
    return (from == other.from && to == other.to) || (from == other.to && to == other.from);
  }
};

struct Slot {
  Ends ends;
  CachedConversation cached;  ///< no conversation: empty
};

/// One place for each hash: a packet of another connection simply takes it over. Only what is used takes up memory.
constexpr std::size_t slot_count = 16384;
std::array<Slot, slot_count> slots;
CachedConversation not_kept;

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

bool read_end(const address& from, std::uint32_t port, End& end) {
  end.port = static_cast<std::uint64_t>(static_cast<unsigned>(from.len)) << 16 | (port & 0xFFFFU);
  return read_address(from, end.address);
}

bool ends_of(const packet_info* pinfo, Ends& ends) {
  return read_end(pinfo->src, pinfo->srcport, ends.from) && read_end(pinfo->dst, pinfo->destport, ends.to);
}

std::uint64_t mixed(const End& end) {
  constexpr std::uint64_t odd = 0x9E3779B97F4A7C15U;  // 2^64 divided by the golden ratio
  return ((end.address[0] ^ end.address[1] << 1) * odd ^ end.port) * odd;
}

/// The same for both directions.
std::size_t slot_of(const Ends& ends) { return (mixed(ends.from) + mixed(ends.to)) >> 40 & (slot_count - 1); }

}  // namespace

CachedConversation& cached_conversation(packet_info* pinfo, bool syn) {
  Ends ends;
  if (are_conversations_deinterlaced() || !ends_of(pinfo, ends)) {
    not_kept = {find_conversation_pinfo(pinfo, 0), nullptr};
    return not_kept;
  }
  Slot& slot = slots[slot_of(ends)];
  if (syn || slot.cached.conversation == nullptr || !slot.ends.are_those_of(ends))
    slot = {ends, {find_conversation_pinfo(pinfo, 0), nullptr}};
  return slot.cached;
}

void forget_conversations() { slots.fill({}); }

}  // namespace wslens
