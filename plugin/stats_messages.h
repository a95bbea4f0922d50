// SPDX-License-Identifier: GPL-2.0-or-later
/// Statistics ▸ WebSocket Lens ▸ Messages (`-z websocket_messages,tree`): by direction and type, with their sizes.
#pragma once

namespace wslens {

void register_message_tree();

}  // namespace wslens
