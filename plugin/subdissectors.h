// SPDX-License-Identifier: GPL-2.0-or-later
/// What is inside the messages: the built-in's tables and heuristics, the subprotocols that Wireshark knows under
/// another name, JSON, and the preference for text.
///
/// MQTT and AMQP are streams of bytes of their own: one message may hold several of their packets, or a part of one
/// (MQTT 3.1.1 §6). The rest of a message then waits for the next one, as Wireshark's own reassembly would have it.
#pragma once

#include "compat.h"

namespace wslens {

struct ShownFrame;

void find_subdissectors();
/// At the opening of a file: the user may have enabled some, and scripts may have added theirs.
void find_heuristics();
/// Will the text message that this frame completes, its data made, be shown by the JSON dissector, or as the preference
/// for text says?
bool is_dissected_as_text(ShownFrame& frame, proto_tree* tree);

}  // namespace wslens
