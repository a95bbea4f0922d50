// SPDX-License-Identifier: GPL-2.0-or-later
/// Statistics ▸ WebSocket Lens ▸ Conformance: endpoint ▸ broken rule ▸ the first packet in each session, and a filter.
///
/// A statistics tree hears of each packet and of nothing else: there is no call when they end. So at each packet the
/// rows of its session are made anew from what is known of that session by then, and all counts are set, not added up.
/// In the window and on tshark's second pass all is known at a session's first packet. On the first pass what the whole
/// session shows is added when its TCP connection has ended, and what only the end of the capture decides is missing. A
/// row that turns out wrong, as when bytes were missing after all, stays with a count of 0.
#pragma once

namespace wslens {

void register_conformance_tree();

}  // namespace wslens
