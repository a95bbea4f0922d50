// SPDX-License-Identifier: GPL-2.0-or-later
/// Statistics ▸ WebSocket Lens ▸ Close Codes (`-z websocket_close,tree`): who sent which, with which reasons.
#pragma once

namespace wslens {

void register_close_tree();

}  // namespace wslens
