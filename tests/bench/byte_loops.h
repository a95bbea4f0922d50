// SPDX-License-Identifier: GPL-2.0-or-later
/// Plain loops over bytes, for comparison. CMakeLists.txt keeps the compiler from vectorizing and unrolling them, and
/// from making calls of them, so they are what they look like.
#pragma once

#include <cstddef>
#include <cstdint>

#include "frame_header.h"

namespace websocket::bench {

void mask_byte_by_byte(const std::uint8_t* source, std::uint8_t* destination, std::size_t size, const MaskingKey& key);

}  // namespace websocket::bench
