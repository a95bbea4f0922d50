// SPDX-License-Identifier: GPL-2.0-or-later
/// Tools ▸ WebSocket Lens ▸ Messages of This Session: a window with every message of the selected packet's session, in
/// order, as text.
///
/// Wireshark 4.0 has a fixed list below Analyze ▸ Follow; this is the same for it. Later versions have both.
#pragma once

namespace wslens {

void register_session_window(int proto);

}  // namespace wslens
