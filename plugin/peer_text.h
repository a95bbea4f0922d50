// SPDX-License-Identifier: GPL-2.0-or-later
/// Text that a peer sent, as an item of the tree: filterable as a whole, readable as a whole, harmless to XML.
#pragma once

#include "compat.h"

namespace wslens {

/// Adds all of `data` as a string field. Characters that Wireshark's strings and XML cannot hold are written as
/// \u{hex}.
proto_item* add_peer_text(packet_info* pinfo, proto_tree* tree, int field, tvbuff_t* data);

/// Lines below `item`, which shows only the beginning of a long text. Nothing for a text that fits, or when nobody
/// looks.
void add_text_lines(packet_info* pinfo, proto_item* item, tvbuff_t* data);

/// Can it be handed to a dissector that makes strings of it?
bool is_plain_text(tvbuff_t* data);

}  // namespace wslens
