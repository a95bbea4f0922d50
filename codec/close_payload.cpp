// SPDX-License-Identifier: GPL-2.0-or-later
#include "close_payload.h"

#include "close_code.h"
#include "utf8.h"

namespace websocket {
namespace {

constexpr std::size_t code_size = 2;

/// §7.4: codes with a meaning, and those that libraries and applications may give one, may be sent; no others.
bool may_be_sent(std::uint16_t code) {
  const CloseCodeClass kind = close_code_info(code).kind;
  return kind == CloseCodeClass::registered || kind == CloseCodeClass::library || kind == CloseCodeClass::private_use;
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
  if (!may_be_sent(code)) close.violations.add(Rule::close_code_not_allowed);
  if (!is_utf8(close.reason)) close.violations.add(Rule::close_reason_not_utf8);
  return close;
}

}  // namespace websocket
