// SPDX-License-Identifier: GPL-2.0-or-later
/// The tables through which Wireshark finds out what is inside a message; the built-in's own, used as it uses them.
#pragma once

namespace wslens {

/// To be called when all protocols are registered.
void find_subdissectors();

}  // namespace wslens
