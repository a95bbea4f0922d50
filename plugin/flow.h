// SPDX-License-Identifier: GPL-2.0-or-later
/// Statistics ▸ Flow Graph, "WebSocket lifecycle", and `tshark -z flow,wslens,standard`: an arrow with a short label
/// for each thing that happens to a WebSocket, from the SYN to the last ACK.
///
/// In one pass of tshark a session is known from its request on only; `-2` shows its TCP handshake, too.
#pragma once

namespace wslens {

void register_flow(int proto);

}  // namespace wslens
