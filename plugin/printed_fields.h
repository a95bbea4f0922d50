// SPDX-License-Identifier: GPL-2.0-or-later
/// What of a visible tree is printed: all of it, but for tshark -T fields, which prints what -e names. Its tree is
/// visible all the same, so the program's arguments are read; where they are not certain, all is printed.
#pragma once

namespace wslens {

/// Is it anything but tshark -T fields?
bool is_all_printed();

/// May this field be printed, or this protocol or a field of it?
bool may_be_printed(int field);

/// May something be printed that stands inside the messages? False if -e names only what carries a WebSocket, or the
/// WebSocket itself.
bool may_contents_be_printed();

}  // namespace wslens
