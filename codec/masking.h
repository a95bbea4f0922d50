// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 6455 §5.3: octet i of the payload XOR octet (i mod 4) of the masking key. Masking and unmasking are the same.
///
/// Shape   bytes and the offset of the first of them in the payload; in place, or from one place to another. True if
///         every byte of the result is ASCII: as a text it needs no further judging (utf8.h).
/// Never reads or writes outside the given spans. Source and destination may be the same but may not overlap otherwise.
#pragma once

#include "bytes.h"
#include "frame_header.h"

namespace websocket {

bool apply_mask(MutableBytes payload, const MaskingKey& key, std::uint64_t offset);

/// destination.size() >= source.size()
bool apply_mask(Bytes source, MutableBytes destination, const MaskingKey& key, std::uint64_t offset);

}  // namespace websocket
