// SPDX-License-Identifier: GPL-2.0-or-later
/// Statistics ▸ WebSocket Lens ▸ Compression (`-z websocket_compression,tree`): what was agreed, and what it saved.
#pragma once

namespace wslens {

void register_compression_tree();

}  // namespace wslens
