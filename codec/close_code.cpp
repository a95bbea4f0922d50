// SPDX-License-Identifier: GPL-2.0-or-later
#include "close_code.h"

#include <array>

namespace websocket {
namespace {

constexpr std::uint16_t first_protocol_code = 1000;

/// §7.4.1 and the registry, 1000 onwards without a hole. IANA gives 1014 a sentence but no name; it is named after the
/// HTTP status that the sentence compares it to.
constexpr std::array<CloseCodeInfo, 16> protocol_codes = {{
    {CloseCodeClass::registered, "Normal Closure", "the purpose of the connection was fulfilled"},
    {CloseCodeClass::registered, "Going Away", "the server goes down or the browser leaves the page"},
    {CloseCodeClass::registered, "Protocol error", "the peer broke the protocol"},
    {CloseCodeClass::registered, "Unsupported Data", "the peer sent a type of data that cannot be accepted"},
    {CloseCodeClass::reserved, "Reserved", "no meaning is defined"},
    {CloseCodeClass::never_on_wire, "No Status Rcvd", "the Close frame carried no code"},
    {CloseCodeClass::never_on_wire, "Abnormal Closure", "the connection ended without a Close frame"},
    {CloseCodeClass::registered, "Invalid frame payload data",
     "the peer sent data that does not fit its message's type"},
    {CloseCodeClass::registered, "Policy Violation", "the peer sent a message that violates a policy"},
    {CloseCodeClass::registered, "Message Too Big", "the peer sent a message that is too big to process"},
    {CloseCodeClass::registered, "Mandatory Ext.", "the server did not accept an extension that the client needs"},
    {CloseCodeClass::registered, "Internal Error", "an unexpected condition kept the sender from going on"},
    {CloseCodeClass::registered, "Service Restart", "the service restarts; the client may reconnect after a while"},
    {CloseCodeClass::registered, "Try Again Later", "the service is overloaded for now"},
    {CloseCodeClass::registered, "Bad Gateway", "a gateway got an invalid response from the server behind it"},
    {CloseCodeClass::never_on_wire, "TLS handshake", "the TLS handshake failed"},
}};

constexpr CloseCodeInfo unused{CloseCodeClass::unused, "Unused", "codes below 1000 are not used"};
constexpr CloseCodeInfo unassigned{CloseCodeClass::unassigned, "Unassigned", "reserved for the protocol, not assigned"};
constexpr CloseCodeInfo library{CloseCodeClass::library, "Library or framework",
                                "a meaning that a library, framework or application registers"};
constexpr CloseCodeInfo private_use{CloseCodeClass::private_use, "Private use", "a meaning that both ends agreed on"};
constexpr CloseCodeInfo outside{CloseCodeClass::outside_registry, "Outside the registry", "codes end at 4999"};

/// The registry names these three of 3000-3999.
CloseCodeInfo library_code(std::uint16_t code) {
  switch (code) {
    case 3000:
      return {CloseCodeClass::library, "Unauthorized", "the endpoint must be authorized, as with HTTP's 401"};
    case 3003:
      return {CloseCodeClass::library, "Forbidden", "the endpoint lacks the permission, as with HTTP's 403"};
    case 3008:
      return {CloseCodeClass::library, "Timeout", "the endpoint took too long, as with HTTP's 408"};
    default:
      return library;
  }
}

}  // namespace

bool fails_connection(std::uint16_t code) { return code == 1002 || code == 1003 || (code >= 1007 && code <= 1011); }

// §7.4.2 divides the numbers into these ranges.
CloseCodeInfo close_code_info(std::uint16_t code) {
  if (code < first_protocol_code) return unused;
  if (code < first_protocol_code + protocol_codes.size()) return protocol_codes[code - first_protocol_code];
  if (code < 3000) return unassigned;
  if (code < 4000) return library_code(code);
  if (code < 5000) return private_use;
  return outside;
}

}  // namespace websocket
