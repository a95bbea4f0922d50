// SPDX-License-Identifier: GPL-2.0-or-later
/// The frames that ours and its peers read, and what each has to make of them.
#pragma once

#include "codec_bench.h"

namespace websocket::bench {

const ClientFrames& short_frames();

struct Counted {
  std::size_t texts = 0;
  std::size_t bytes = 0;
  void add(bool valid, std::size_t size) {
    texts += valid ? 1 : 0;
    bytes += size;
  }
};

/// Checks that each round gave every text, and counts frames.
void finish_frames(benchmark::State& state, const Counted& counted);

}  // namespace websocket::bench
