// SPDX-License-Identifier: GPL-2.0-or-later
/// Called after all dissectors of every packet: feeds what nobody fed, shows what nobody showed.
#pragma once

namespace wslens {

void register_lens_postdissector(int proto);

}  // namespace wslens
