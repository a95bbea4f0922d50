// SPDX-License-Identifier: GPL-2.0-or-later
#include "planted_faults.h"

#include "exact_bytes.h"

#if WSLENS_SANITIZED

#include <cstdlib>
#include <cstring>

namespace wslens {
namespace {

bool is_planted(const char* fault) {
  static const char* const planted = std::getenv("WSLENS_PLANT");
  return planted != nullptr && std::strcmp(planted, fault) == 0;
}

/// The compiler cannot leave out what goes through here.
volatile std::uint8_t seen;

}  // namespace

void commit_planted_fault(websocket::Bytes segment) {
  if (segment.empty()) return;
  if (is_planted("over-read")) seen = segment.data()[segment.size()];
  if (is_planted("leak")) {
    volatile auto* lost = new std::uint8_t[100];
    lost[0] = segment[0];
    seen = lost[0];
  }
}

}  // namespace wslens

#else

namespace wslens {
void commit_planted_fault(websocket::Bytes) {}
}  // namespace wslens

#endif
