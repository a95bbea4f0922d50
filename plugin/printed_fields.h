// SPDX-License-Identifier: GPL-2.0-or-later
/// What of a visible tree is printed: all of it, but for tshark -T fields, which prints what -e names. Its tree is
/// visible all the same, so the program's arguments are read. All counts as printed where they are not certain, or
/// where something else may read the tree: a statistic, a script, a field or filter of any protocol but those that
/// carry WebSockets.
#pragma once

namespace wslens {

/// To be called at the opening of a file, when all fields are known.
void find_printed_fields();

bool is_all_printed();

/// May this field be printed, or this protocol or a field of it?
bool may_be_printed(int field);

}  // namespace wslens
