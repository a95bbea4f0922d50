// SPDX-License-Identifier: GPL-2.0-or-later
/// Why an attempt to open a WebSocket failed, in a sentence for a person: RFC 6455 §4.1 (what the client validates) and
/// §4.2.2 (what the server answers instead of 101), RFC 9110 §15 (what the status codes mean).
///
/// Shape   a session -> a sentence that begins with "Failed:"; empty where it did not fail, or nobody knows why.
#pragma once

#include <string>

#include "verdict.h"

namespace websocket {

std::string handshake_failure(const Session& session, const PacketNumbers& packets);

}  // namespace websocket
