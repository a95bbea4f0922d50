// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 6455 §5.2, §11.8: the 4-bit opcode of a frame.
///
/// Shape   a nibble -> what kind of frame it is, and its name.
/// Errors  none: every one of the 16 values has an answer.
#pragma once

#include <cstdint>
#include <string_view>

namespace websocket {

enum class Opcode : std::uint8_t { continuation = 0x0, text = 0x1, binary = 0x2, close = 0x8, ping = 0x9, pong = 0xA };

/// §5.5: the most significant bit marks control frames, the reserved ones (B-F) too.
constexpr bool is_control(Opcode opcode) { return (static_cast<std::uint8_t>(opcode) & 0x8) != 0; }

/// 0x3-0x7 and 0xB-0xF: no meaning yet.
constexpr bool is_reserved(Opcode opcode) { return (static_cast<std::uint8_t>(opcode) & 0x7) > 2; }

/// As the RFC spells it, in lower case: "text", "ping", ... ; "reserved data (3)", "reserved control (11)" for the
/// rest.
std::string_view opcode_name(Opcode opcode);

}  // namespace websocket
