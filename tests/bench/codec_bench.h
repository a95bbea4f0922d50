// SPDX-License-Identifier: GPL-2.0-or-later
/// For benchmarks of the codec: contestants that do the same work, side by side in one process.
///
/// Shape   a Contestant in file scope registers itself; those of one group are measured in turn by codec_bench_main.cpp
///         and compared by tools/bench-codec, which also holds the targets.
/// Units   each contestant says how many items it did (frames, bytes, messages); a group's times are nanoseconds an
///         item.
/// Errors  a contestant that comes to a wrong result says so with SkipWithError: a fast wrong answer is no result.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "bytes.h"

namespace websocket::bench {

using ByteVector = std::vector<std::uint8_t>;

struct Contestant {
  Contestant(std::string group_name, std::string own_name, std::function<void(benchmark::State&)> body);

  std::string group;
  std::string name;
};

/// In the order of registration.
std::vector<Contestant>& contestants();

/// The name of ours in every group.
inline constexpr const char* ours = "lens";

inline void count_items(benchmark::State& state, std::size_t in_each_iteration) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * in_each_iteration));
}

/// A line of JSON as a chat or a dashboard sends it; the same for the same seed. ASCII.
std::string json_text(std::size_t size, std::mt19937& random);

/// Masked text frames, one after the other, as a client sends them.
struct ClientFrames {
  ByteVector wire;
  std::size_t frames = 0;
  std::size_t payload_bytes = 0;
};
/// Payloads of `least` to `most` bytes.
ClientFrames client_frames(std::size_t count, std::size_t least, std::size_t most);

}  // namespace websocket::bench
