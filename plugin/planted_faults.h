// SPDX-License-Identifier: GPL-2.0-or-later
/// Only for builds with AddressSanitizer: faults on purpose, so that tools/torture can show that it would see a real
/// one.
#pragma once

#include "bytes.h"

namespace wslens {

/// WSLENS_PLANT=over-read reads a byte behind `segment`, WSLENS_PLANT=leak loses a block of memory. Does nothing in
/// other builds, whatever the environment says.
void commit_planted_fault(websocket::Bytes segment);

}  // namespace wslens
