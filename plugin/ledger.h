// SPDX-License-Identifier: GPL-2.0-or-later
/// A list that only grows, in small blocks: nothing moves, nothing is copied, and at most a block is spare. Its history
/// can be forgotten; the numbers of the entries go on.
#pragma once

#include <cstdint>
#include <deque>

namespace wslens {

template <typename Entry>
class Ledger {
 public:
  using Index = std::uint32_t;

  Index add(const Entry& entry) {
    entries_.push_back(entry);
    return end() - 1;
  }
  [[nodiscard]] Entry& operator[](Index index) { return entries_[index - begin_]; }
  [[nodiscard]] const Entry& operator[](Index index) const { return entries_[index - begin_]; }
  [[nodiscard]] bool has(Index index) const { return index >= begin_ && index < end(); }
  [[nodiscard]] Index begin() const { return begin_; }
  [[nodiscard]] Index end() const { return begin_ + static_cast<Index>(entries_.size()); }
  void take_back() { entries_.pop_back(); }
  void forget() {
    begin_ = end();
    entries_ = {};
  }

 private:
  std::deque<Entry> entries_;
  Index begin_ = 0;
};

}  // namespace wslens
