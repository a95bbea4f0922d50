// SPDX-License-Identifier: GPL-2.0-or-later
/// Unmasking from one place to another, as the codec does with a packet's bytes, against a loop of bytes and memcpy().
#include <algorithm>
#include <cstring>

#include "byte_loops.h"
#include "codec_bench.h"
#include "masking.h"

namespace websocket::bench {
namespace {

constexpr MaskingKey key = {0x37, 0xFA, 0x21, 0x3D};

/// `copy(source, destination)`: two buffers, a little way off the boundary of a line, as behind a header.
template <typename Copy>
auto between_buffers(std::size_t size, Copy copy) {
  return [size, copy](benchmark::State& state) {
    constexpr std::size_t header = 6;
    ByteVector source(header + size, 0x55);
    ByteVector destination(size, 0xEE);
    for (auto _ : state) {
      copy(Bytes(source).subspan(header), MutableBytes(destination));
      benchmark::DoNotOptimize(destination.data());
      benchmark::ClobberMemory();
    }
    count_items(state, size);
  };
}

void add_sizes(std::vector<Contestant>& all, const std::string& group, std::size_t size) {
  all.emplace_back(group, ours, between_buffers(size, [](Bytes source, MutableBytes destination) {
                     apply_mask(source, destination, key, 0);
                   }));
  all.emplace_back(group, "byte loop", between_buffers(size, [](Bytes source, MutableBytes destination) {
                     mask_byte_by_byte(source.data(), destination.data(), source.size(), key);
                   }));
  all.emplace_back(group, "memcpy", between_buffers(size, [](Bytes source, MutableBytes destination) {
                     std::memcpy(destination.data(), source.data(), source.size());
                   }));
}

std::vector<Contestant> all_sizes() {
  std::vector<Contestant> all;
  add_sizes(all, "unmasking 125 B", 125);
  add_sizes(all, "unmasking 1 KiB", 1024);
  add_sizes(all, "unmasking 8 KiB", std::size_t{8} * 1024);
  add_sizes(all, "unmasking 64 KiB", std::size_t{64} * 1024);
  add_sizes(all, "unmasking 16 MiB", std::size_t{16} * 1024 * 1024);
  return all;
}

const std::vector<Contestant> masking = all_sizes();

}  // namespace
}  // namespace websocket::bench
