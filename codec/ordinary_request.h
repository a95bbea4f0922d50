// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 9112 §3: a request that is none for a WebSocket, told without reading its fields. Most requests are.
///
/// Shape   ordinary_request_size(bytes) -> how many bytes the head at their front has, with its empty line. It is
///         whole, asks for no upgrade, has no Sec-WebSocket field, and no body follows.
/// Errors  0: none of this is known, so the head has to be read (http_head.h).
#pragma once

#include "bytes.h"

namespace websocket {

std::size_t ordinary_request_size(Bytes bytes);

}  // namespace websocket
