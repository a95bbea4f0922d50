// SPDX-License-Identifier: GPL-2.0-or-later
#include "byte_loops.h"

namespace websocket::bench {

void mask_byte_by_byte(const std::uint8_t* source, std::uint8_t* destination, std::size_t size, const MaskingKey& key) {
  for (std::size_t i = 0; i < size; ++i) destination[i] = static_cast<std::uint8_t>(source[i] ^ key[i % 4]);
}

}  // namespace websocket::bench
