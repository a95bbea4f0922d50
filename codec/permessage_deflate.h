// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 7692 §7.1: what the opening handshake agrees on about permessage-deflate.
///
/// Shape   extension lists of request and response in -> how each direction compresses, and the rules that they break.
/// Units   window_bits is the base-2 logarithm of the LZ77 window: 8..15.
/// Errors  a parameter that makes no sense is reported and left out: the rest of the answer still says how to inflate.
/// Decodes nothing: see inflater.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "extensions.h"
#include "status.h"
#include "violation.h"

namespace websocket {

inline constexpr std::string_view permessage_deflate_name = "permessage-deflate";

/// How one end compresses what it sends.
struct DeflateDirection {
  bool context_takeover = true;   ///< §7.1.1: the window goes on from message to message
  std::uint8_t window_bits = 15;  ///< §7.1.2
  bool operator==(const DeflateDirection&) const = default;
};

struct DeflateAgreement {
  DeflateDirection client, server;  ///< by who sends
  [[nodiscard]] const DeflateDirection& of(Role sender) const { return sender == Role::client ? client : server; }
  bool operator==(const DeflateAgreement&) const = default;
};

/// Empty: the response did not accept it. Of several acceptances the first counts.
std::optional<DeflateAgreement> agreed_deflate(const ExtensionList& accepted);

/// §7.1: unknown or repeated parameters, values where none belong, window bits that are none.
ViolationSet check_deflate_offers(const ExtensionList& offered);
/// The same for the response, and §7.1.1.1, §7.1.2.1, §7.1.2.2: at least one offer must allow what it says.
ViolationSet check_deflate_answer(const ExtensionList& offered, const ExtensionList& accepted);

}  // namespace websocket
