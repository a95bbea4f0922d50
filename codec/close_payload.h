// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 6455 §5.5.1: the body of a Close frame: nothing, or a 16-bit code and a reason in UTF-8.
///
/// Shape   unmasked payload in -> code and a view of the reason in the caller's bytes, and broken rules.
/// Errors  one byte is no code: reported, code stays empty. A reason that is not UTF-8 is reported and still given.
#pragma once

#include <optional>

#include "bytes.h"
#include "violation.h"

namespace websocket {

struct ClosePayload {
  std::optional<std::uint16_t> code;
  Bytes reason;
  ViolationSet violations;
};

ClosePayload decode_close_payload(Bytes payload);

}  // namespace websocket
