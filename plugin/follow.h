// SPDX-License-Identifier: GPL-2.0-or-later
/// `-z follow,wslens,MODE,SESSION`, and Follow ▸ WebSocket Lens where the window's menu is not fixed (from 4.4 on).
///
/// Each message and control frame is a line that says when it came, what it is and how far it can be trusted, and then,
/// as a record of its own, exactly its bytes. What cannot be decoded is the line alone.
#pragma once

namespace wslens {

void register_follow(int proto);

}  // namespace wslens
