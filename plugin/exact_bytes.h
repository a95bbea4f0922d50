// SPDX-License-Identifier: GPL-2.0-or-later
/// Only for builds with AddressSanitizer: bytes of a packet where a read beyond their end is seen.
///
/// Wireshark's buffers are larger than the packets in them, so what reads too far reads bytes of an earlier packet, and
/// no sanitizer objects. Here the bytes are copied into a block of exactly their size before the lens looks at them.
/// (With WIRESHARK_DEBUG_WMEM_OVERRIDE=simple: else blocks of the packet's pool lie side by side.) In all other builds
/// they are given back as they are, at no cost.
#pragma once

#include "bytes.h"
#include "compat.h"

#if defined(__SANITIZE_ADDRESS__)
#define WSLENS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WSLENS_SANITIZED 1
#endif
#endif
#ifndef WSLENS_SANITIZED
#define WSLENS_SANITIZED 0
#endif

namespace wslens {

/// Valid as long as `bytes` are, but no longer than the packet is shown.
inline websocket::Bytes exact_bytes([[maybe_unused]] const packet_info* pinfo, websocket::Bytes bytes) {
#if WSLENS_SANITIZED
  if (!bytes.empty())
    return {static_cast<const std::uint8_t*>(wmem_memdup(pinfo->pool, bytes.data(), bytes.size())), bytes.size()};
#endif
  return bytes;
}

}  // namespace wslens
