// SPDX-License-Identifier: GPL-2.0-or-later
#include "close_payload.h"

#include "close_code.h"
#include "utf8.h"

namespace websocket {
namespace {

constexpr std::size_t code_size = 2;

/// §7.4.1: not to be sent, or without a meaning; §7.4.2: below 1000 "not used". Others may be registered one day.
ViolationSet check_code(std::uint16_t code) {
  ViolationSet broken;
  switch (close_code_info(code).kind) {
    case CloseCodeClass::never_on_wire:
    case CloseCodeClass::reserved:
    case CloseCodeClass::unused:
      broken.add(Rule::close_code_not_allowed);
      break;
    case CloseCodeClass::unassigned:
    case CloseCodeClass::outside_registry:
      broken.add(Rule::close_code_unassigned);
      break;
    case CloseCodeClass::registered:
    case CloseCodeClass::library:
    case CloseCodeClass::private_use:
      break;
  }
  return broken;
}

}  // namespace

ClosePayload decode_close_payload(Bytes payload) {
  ClosePayload close;
  if (payload.empty()) return close;
  if (payload.size() < code_size) {
    close.violations.add(Rule::close_payload_one_byte);
    return close;
  }
  const auto code = static_cast<std::uint16_t>(payload[0] << 8 | payload[1]);
  close.code = code;
  close.reason = payload.subspan(code_size);
  close.violations.add(check_code(code));
  if (!is_utf8(close.reason)) close.violations.add(Rule::close_reason_not_utf8);
  return close;
}

}  // namespace websocket
