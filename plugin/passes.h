// SPDX-License-Identifier: GPL-2.0-or-later
/// Which program is it, and does it show packets again that it has shown?
#pragma once

namespace wslens {

/// tshark begins its second pass when the file has been read. The window shows packets again while others still come (a
/// live capture, a file that is being loaded).
bool is_tshark();

/// tshark without -2: each packet is dissected once. False where that is not certain. Wireshark does not tell its
/// dissectors, so the program's arguments are read; any option with a 2 in it counts as -2.
bool is_only_pass();

}  // namespace wslens
