// SPDX-License-Identifier: GPL-2.0-or-later
/// File ▸ Export Objects ▸ WebSocket Lens, and `tshark --export-objects wslens,FOLDER`: each text and binary message a
/// file.
///
/// Names are made of our own words and numbers; nothing that a peer sent is in them. What is not sure to be as it was
/// sent says so in its name. A message without known bytes is no file. One that only the end of the capture decided is
/// one in the window and with `tshark -2`, not in one pass: Wireshark takes objects from packets alone.
#pragma once

#include "compat.h"
#include "records.h"

namespace wslens {

void register_export(int proto);
/// Of every packet of a session. Costs nothing when nobody exports.
void queue_export(packet_info* pinfo, PacketIndex packet);

}  // namespace wslens
