// SPDX-License-Identifier: GPL-2.0-or-later
/// A list that only grows, in small blocks: nothing moves, nothing is copied, and at most a block is spare. Its history
/// can be forgotten; the numbers of the entries go on.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace wslens {

template <typename Entry>
class Ledger {
 public:
  using Index = std::uint32_t;

  Index add(const Entry& entry) {
    const Index place = size_ % block_size;
    if (size_ / block_size == blocks_.size()) blocks_.push_back(std::make_unique<Entry[]>(block_size));
    blocks_[size_ / block_size][place] = entry;
    return begin_ + size_++;
  }
  [[nodiscard]] Entry& operator[](Index index) { return at(index - begin_); }
  [[nodiscard]] const Entry& operator[](Index index) const { return at(index - begin_); }
  [[nodiscard]] bool has(Index index) const { return index - begin_ < size_; }
  [[nodiscard]] Index begin() const { return begin_; }
  [[nodiscard]] Index end() const { return begin_ + size_; }
  void take_back() { --size_; }
  void forget() {
    begin_ = end();
    size_ = 0;
    blocks_.clear();
  }

 private:
  static constexpr std::size_t block_bytes = 4096;
  static constexpr Index block_size = std::bit_floor(block_bytes / sizeof(Entry));

  [[nodiscard]] Entry& at(Index place) const { return blocks_[place / block_size][place % block_size]; }

  std::vector<std::unique_ptr<Entry[]>> blocks_;
  Index size_ = 0;
  Index begin_ = 0;
};

}  // namespace wslens
