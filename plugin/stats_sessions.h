// SPDX-License-Identifier: GPL-2.0-or-later
/// Statistics ▸ WebSocket Sessions (`-z websocket_sessions`): a row for each session, with its verdict.
#pragma once

namespace wslens {

void register_session_table();

}  // namespace wslens
