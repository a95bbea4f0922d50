// SPDX-License-Identifier: GPL-2.0-or-later
#include "opcode.h"

#include <array>

namespace websocket {
namespace {

constexpr std::array<std::string_view, 16> names = {
    "continuation",
    "text",
    "binary",
    "reserved data (3)",
    "reserved data (4)",
    "reserved data (5)",
    "reserved data (6)",
    "reserved data (7)",
    "close",
    "ping",
    "pong",
    "reserved control (11)",
    "reserved control (12)",
    "reserved control (13)",
    "reserved control (14)",
    "reserved control (15)",
};

/// §5.2: an opcode has four bits; there is no name for more.
constexpr unsigned nibble(Opcode opcode) { return static_cast<unsigned>(opcode) & 0xF; }

}  // namespace

std::string_view opcode_name(Opcode opcode) { return names[nibble(opcode)]; }

}  // namespace websocket
