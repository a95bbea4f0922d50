// SPDX-License-Identifier: GPL-2.0-or-later
/// The opening handshake as a table: each field that matters, right or wrong, and what was negotiated (RFC 6455 §4.1,
/// §4.2.2; RFC 7692 §7.1).
///
/// Shape   judged request and response in -> lines for a person. What was cut away has no line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "opening_handshake.h"

namespace websocket {

struct HandshakeCheck {
  std::string_view field;
  std::string value;  ///< as sent; empty: there is none
  std::optional<Rule> broken;
};

std::vector<HandshakeCheck> checks_of(const UpgradeRequest& request);
/// Of a 101; empty for any other answer.
std::vector<HandshakeCheck> checks_of(const UpgradeResponse& response);

/// "right  Host: example.org", "WRONG  Upgrade: (missing). The request had no ...".
std::string in_words(const HandshakeCheck& check);

/// Each offer, the answer, and what follows from it for each direction, a line each.
std::vector<std::string> negotiation_lines(const UpgradeRequest& request, const UpgradeResponse& response);

}  // namespace websocket
