// SPDX-License-Identifier: GPL-2.0-or-later
/// What every codec test needs of bytes: hex to write them, every way to cut them, a page that must not be touched.
///
/// Shape   hex("48 65") -> bytes; every_split(bytes, check) -> how many ways were checked; GuardPage -> a view.
/// Errors  a mistake in the test itself (bad hex, more bytes than the page holds) aborts: a vector must not pass
/// unread.
#pragma once

#include <bytes.h>  // codec/bytes.h; in quotes the name would mean this very file
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace websocket::test {

inline std::uint8_t hex_digit(char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto value = digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
  if (value == std::string_view::npos) std::abort();
  return static_cast<std::uint8_t>(value);
}

/// Pairs of hex digits, with or without spaces in between.
inline std::vector<std::uint8_t> hex(std::string_view text) {
  std::string digits(text);
  digits.erase(std::remove(digits.begin(), digits.end(), ' '), digits.end());
  if (digits.size() % 2 != 0) std::abort();
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(hex_digit(digits[i]) << 4 | hex_digit(digits[i + 1])));
  }
  return bytes;
}

using Pieces = std::vector<Bytes>;

inline Pieces byte_by_byte(Bytes whole) {
  Pieces pieces;
  for (std::size_t i = 0; i < whole.size(); ++i) pieces.push_back(whole.subspan(i, 1));
  return pieces;
}

/// An empty read before, between and after the pieces.
inline Pieces with_empty_reads(const Pieces& pieces) {
  Pieces more{Bytes{}};
  for (const Bytes piece : pieces) {
    more.push_back(piece);
    more.emplace_back();
  }
  return more;
}

/// Gives `check` (called with `const Pieces&`) the bytes whole, byte by byte, with empty reads in between, and cut in
/// two at each position. A decoder that keeps state must come to the same answer each time. Returns how many ways there
/// were.
template <typename Check>
std::size_t every_split(Bytes whole, Check check) {
  std::size_t ways = 0;
  const auto run = [&](const std::string& how, const Pieces& pieces) {
    SCOPED_TRACE("split: " + how);
    check(pieces);
    ++ways;
  };
  run("whole", {whole});
  run("byte by byte", byte_by_byte(whole));
  run("byte by byte with empty reads", with_empty_reads(byte_by_byte(whole)));
  for (std::size_t cut = 1; cut < whole.size(); ++cut) {
    run("cut at " + std::to_string(cut), {whole.first(cut), whole.subspan(cut)});
  }
  return ways;
}

/// Memory between two pages that can neither be read nor written: one byte too far, at either end, is a SIGSEGV.
/// A view is good until the next call of at_end() or at_start().
class GuardPage {
 public:
  explicit GuardPage(std::size_t capacity = 1) : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    usable_ = std::max<std::size_t>(1, (capacity + page_ - 1) / page_) * page_;
    void* memory = mmap(nullptr, usable_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    base_ = static_cast<std::uint8_t*>(memory);
    if (mprotect(base_ + page_, usable_, PROT_READ | PROT_WRITE) != 0) std::abort();
  }
  explicit GuardPage(Bytes content) : GuardPage(content.size()) { at_end(content); }
  ~GuardPage() { munmap(base_, usable_ + 2 * page_); }
  GuardPage(const GuardPage&) = delete;
  GuardPage& operator=(const GuardPage&) = delete;
  GuardPage(GuardPage&&) = delete;
  GuardPage& operator=(GuardPage&&) = delete;

  /// A copy of `content` whose last byte is the last one that may be read.
  MutableBytes at_end(Bytes content) { return place(content, base_ + page_ + usable_ - content.size()); }
  /// A copy of `content` whose first byte is the first one that may be read.
  MutableBytes at_start(Bytes content) { return place(content, base_ + page_); }
  /// What was placed last.
  [[nodiscard]] MutableBytes bytes() const { return content_; }

 private:
  MutableBytes place(Bytes content, std::uint8_t* where) {
    if (content.size() > usable_) std::abort();
    content_ = MutableBytes(where, content.size());
    std::copy(content.begin(), content.end(), content_.begin());
    return content_;
  }

  std::size_t page_;
  std::size_t usable_ = 0;
  std::uint8_t* base_ = nullptr;
  MutableBytes content_;
};

}  // namespace websocket::test
