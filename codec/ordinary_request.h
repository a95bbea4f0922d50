// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 9112 §3: a request that is none for a WebSocket, told without reading its fields. Most requests are.
///
/// Shape   ordinary_request_size(bytes) -> the bytes of the head at their front, up to its empty line; 0: not known, so
/// it has to be read (http_head.h). Then the head is whole, asks for no upgrade, has no Sec-WebSocket field, and no
/// body follows. Does not judge anything else of it.
#pragma once

#include "bytes.h"

namespace websocket {

std::size_t ordinary_request_size(Bytes bytes);

}  // namespace websocket
