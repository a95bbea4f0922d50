// SPDX-License-Identifier: GPL-2.0-or-later
/// Are there C++ objects alive that longjmp would pass over?
///
/// For each call during which an object with a destructor is alive the compiler notes where a C++ exception would have
/// to destroy it: a landing pad, in the function's LSDA. longjmp knows nothing of it, but the note is there to be read:
/// for each frame of the stack, has the call that it is in a landing pad? That counts objects exactly, whether they own
/// memory at this moment or not.
#pragma once

#include <cstdint>
#include <vector>

namespace wslens::longjmp_test {

/// The module whose frames are looked at: [begin, end) in memory.
struct Module {
  std::uintptr_t begin = 0, end = 0;
  [[nodiscard]] bool has(std::uintptr_t address) const { return address >= begin && address < end; }
};

/// The calls of the module's functions on the stack that have a landing pad, innermost first: addresses in the module.
std::vector<std::uintptr_t> calls_with_live_objects(const Module& module);

}  // namespace wslens::longjmp_test
