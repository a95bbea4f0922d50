// SPDX-License-Identifier: GPL-2.0-or-later
/// What the program was started with: Wireshark tells its dissectors neither how many passes there will be nor what of
/// a tree will be printed.
#pragma once

#include <string>
#include <vector>

namespace wslens {

/// The first is the program itself. Empty: they cannot be read.
std::vector<std::string> program_arguments();

}  // namespace wslens
