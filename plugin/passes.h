// SPDX-License-Identifier: GPL-2.0-or-later
/// Does the program show packets again that it has shown?
#pragma once

namespace wslens {

/// tshark without -2: each packet is dissected once. False where that is not certain. Wireshark does not tell its
/// dissectors, so the program's arguments are read; any option with a 2 in it counts as -2.
bool is_only_pass();

}  // namespace wslens
