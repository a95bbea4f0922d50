// SPDX-License-Identifier: GPL-2.0-or-later
/// MQTT 3.1.1 §2.2.3 and §6, MQTT 5 §1.5.5: over WebSocket, MQTT is a stream of bytes that messages cut anywhere.
///
/// Shape   bytes that begin with a control packet in -> how many of them are whole control packets.
/// Errors  a length that is none (more than four bytes of it) has no end to wait for: all bytes count as whole.
#pragma once

#include "bytes.h"

namespace websocket {

std::size_t whole_mqtt_packets(Bytes stream);

}  // namespace websocket
