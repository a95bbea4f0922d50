// SPDX-License-Identifier: GPL-2.0-or-later
/// A list that only grows, in small blocks: nothing moves, nothing is copied, and at most a block is spare at either
/// end. Its history can be forgotten, all of it or its beginning; the numbers of the entries go on.
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
    const Index place = end_ - base_;
    if (place / block_size == blocks_.size()) blocks_.push_back(std::make_unique<Entry[]>(block_size));
    at(place) = entry;
    return end_++;
  }
  [[nodiscard]] Entry& operator[](Index index) { return at(index - base_); }
  [[nodiscard]] const Entry& operator[](Index index) const { return at(index - base_); }
  [[nodiscard]] bool has(Index index) const { return index - begin_ < end_ - begin_; }
  [[nodiscard]] Index begin() const { return begin_; }
  [[nodiscard]] Index end() const { return end_; }
  void take_back() { --end_; }
  void forget() {
    base_ = begin_ = end_;
    blocks_.clear();
  }
  /// All in front of `first`, which is none beyond end().
  void forget_before(Index first) {
    if (first <= begin_) return;
    begin_ = first;
    const Index unread = (begin_ - base_) / block_size;
    blocks_.erase(blocks_.begin(), blocks_.begin() + unread);
    base_ += unread * block_size;
  }

 private:
  static constexpr std::size_t block_bytes = 4096;
  static constexpr Index block_size = std::bit_floor(block_bytes / sizeof(Entry));

  [[nodiscard]] Entry& at(Index place) const { return blocks_[place / block_size][place % block_size]; }

  std::vector<std::unique_ptr<Entry[]>> blocks_;
  Index base_ = 0;  ///< the entry with which the first block begins
  Index begin_ = 0;
  Index end_ = 0;
};

}  // namespace wslens
