// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 6455 §7.4 and IANA's "WebSocket Close Code Number Registry": the 16-bit status code of a Close frame.
///
/// Shape   a number -> its class, its registered name, and a sentence for a person.
/// Errors  none: all 65 536 values have an answer.
#pragma once

#include <cstdint>
#include <string_view>

namespace websocket {

enum class CloseCodeClass : std::uint8_t {
  registered,        ///< 1000-1003, 1007-1014: a meaning, may be sent
  never_on_wire,     ///< 1005, 1006, 1015: for local use only (§7.4.1)
  reserved,          ///< 1004: reserved, meaning not defined (§7.4.1)
  unused,            ///< 0-999 (§7.4.2)
  unassigned,        ///< 1016-2999: reserved for the protocol, not assigned
  library,           ///< 3000-3999: registered by libraries, frameworks, applications with IANA
  private_use,       ///< 4000-4999: by agreement between the two ends
  outside_registry,  ///< 5000-65535
};

struct CloseCodeInfo {
  CloseCodeClass kind;
  std::string_view name;     ///< IANA's words, e.g. "Normal Closure"; for a range the name of the range
  std::string_view meaning;  ///< one clause for a person: "the purpose was fulfilled"
};

CloseCodeInfo close_code_info(std::uint16_t code);

/// §7.1.7, §7.4.1: who sends it gives up on its peer, and need not read on.
bool fails_connection(std::uint16_t code);

}  // namespace websocket
