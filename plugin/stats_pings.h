// SPDX-License-Identifier: GPL-2.0-or-later
/// Statistics ▸ WebSocket Lens ▸ Ping Round-Trip Times (`-z websocket_pings,tree`), in milliseconds.
#pragma once

namespace wslens {

void register_ping_tree();

}  // namespace wslens
