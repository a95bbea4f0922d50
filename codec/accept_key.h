// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 6455 §4.2.2 (5.4): Sec-WebSocket-Accept = base64(SHA-1(key + GUID)); §4.1 (7): the key is base64 of 16 bytes.
#pragma once

#include <string>
#include <string_view>

namespace websocket {

/// The accept value that belongs to `key` (trimmed of white space, otherwise taken as it stands: it is never decoded).
std::string accept_value(std::string_view key);

/// Canonical base64 of exactly 16 bytes: 24 characters that end in "==", unused bits zero.
bool is_key_well_formed(std::string_view key);

/// §4.1 (7): "randomly selected". False: the 16 bytes of this well-formed key are all the same or all printable ASCII,
/// which of random ones less than one in seven million are.
bool looks_random(std::string_view key);

}  // namespace websocket
