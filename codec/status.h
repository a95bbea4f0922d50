// SPDX-License-Identifier: GPL-2.0-or-later
/// What a decoder says of its input. A broken rule is none of these: it is a Violation, and decoding goes on.
#pragma once

#include <cstdint>

namespace websocket {

enum class Status : std::uint8_t {
  ok,           ///< decoded
  need_more,    ///< not an error: the input ends too early
  unframeable,  ///< where the next unit begins cannot be known
};

/// Who sent something. The client is the end that sent the upgrade request.
enum class Role : std::uint8_t { client, server };

constexpr Role other(Role role) { return role == Role::client ? Role::server : Role::client; }

}  // namespace websocket
