// SPDX-License-Identifier: GPL-2.0-or-later
#include "message.h"

#include <array>

namespace websocket {

std::string_view message_type_name(MessageType type) {
  static constexpr std::array<std::string_view, 5> names{"text", "binary", "close", "ping", "pong"};
  return names[static_cast<std::size_t>(type)];
}

std::string_view trust_name(Trust trust) {
  static constexpr std::array<std::string_view, 5> names{"exact", "inferred", "after-gap", "truncated", "undecodable"};
  return names[static_cast<std::size_t>(trust)];
}

}  // namespace websocket
