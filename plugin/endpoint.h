// SPDX-License-Identifier: GPL-2.0-or-later
/// Who an end of a session is, for what is said about programs and not about sessions.
#pragma once

#include <string>

#include "conformance.h"
#include "session_store.h"
#include "terminal.h"
#include "utf8.h"

namespace wslens {

/// A client's without its port, which is another one each time.
inline const std::string& address_of_endpoint(const SessionEntry& entry, websocket::Role role) {
  return role == websocket::Role::client ? entry.connection->host[entry.side(role)] : entry.address(role);
}

/// `server "nginx" at 10.0.0.1:8080`; `name` as its program sent it.
inline std::string endpoint_in_words(websocket::Role role, const std::string& name, const std::string& address) {
  constexpr std::size_t widest = 64;
  std::string harmless = name;
  if (name != websocket::Endpoint::unnamed) {
    std::size_t most = widest;  // an escaped character takes several
    do harmless = '"' + websocket::printable_text(websocket::as_bytes(name), most--) + '"';
    while (characters(harmless) > widest);
  }
  return std::string(websocket::role_name(role)) + ' ' + harmless + " at " + address;
}

}  // namespace wslens
