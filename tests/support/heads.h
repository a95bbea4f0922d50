// SPDX-License-Identifier: GPL-2.0-or-later
/// For tests of HTTP heads: text that ends at an unreadable page, every way to cut it up, and a head as one comparable
/// text.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "http_head.h"

namespace websocket::test {

/// Holds one text at a time, flush against a page that nobody may read: one byte too far is a crash.
class GuardedText {
 public:
  explicit GuardedText(std::size_t capacity = std::size_t{256} * 1024)
      : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))), room_((capacity / page_ + 1) * page_) {
    void* const memory = mmap(nullptr, room_ + page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED && mprotect(static_cast<char*>(memory) + room_, page_, PROT_NONE) == 0) {
      memory_ = static_cast<char*>(memory);
    }
  }
  ~GuardedText() { munmap(memory_, room_ + page_); }
  GuardedText(const GuardedText&) = delete;
  GuardedText& operator=(const GuardedText&) = delete;

  /// Valid until the next call. Without memory, or with a text that is too long, the test must not go on.
  std::string_view hold(std::string_view text) {
    if (memory_ == nullptr || text.size() > room_) {
      std::abort();
    }
    char* const begin = memory_ + room_ - text.size();
    std::copy(text.begin(), text.end(), begin);
    return {begin, text.size()};
  }

 private:
  std::size_t page_;
  std::size_t room_;
  char* memory_ = nullptr;
};

using TextPieces = std::vector<std::string_view>;

/// Whole, byte by byte, byte by byte with empty reads, and cut at each position. Returns how many ways there were.
inline std::size_t for_every_split(std::string_view text, const std::function<void(const TextPieces&)>& check) {
  TextPieces bytes;
  TextPieces bytes_and_nothing;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bytes.push_back(text.substr(i, 1));
    bytes_and_nothing.insert(bytes_and_nothing.end(), {text.substr(i, 0), text.substr(i, 1), text.substr(i, 0)});
  }
  check({text});
  check(bytes);
  check(bytes_and_nothing);
  for (std::size_t i = 0; i <= text.size(); ++i) {
    check({text.substr(0, i), text.substr(i)});
  }
  return text.size() + 4;
}

inline void feed(HttpHeadParser& parser, const TextPieces& pieces) {
  GuardedText guarded;
  for (const std::string_view piece : pieces) {
    parser.advance(as_bytes(guarded.hold(piece)));
  }
}

/// A head without anything unless all of the text is a head, or the beginning of one when `cut`.
inline HttpHead head_from(HeadKind kind, std::string_view text, bool cut = false) {
  HttpHeadParser parser(kind);
  parser.advance(as_bytes(text));
  if (cut) {
    parser.cut();
  }
  return parser.status() == Status::ok && parser.taken() == text.size() ? parser.take() : HttpHead{};
}

inline std::string flags_of(const HttpHead& head) {
  return std::string(head.bare_line_feed ? " bare_line_feed" : "") + (head.folded ? " folded" : "") +
         (head.cut ? " cut" : "");
}

/// Everything that the parser says, as one text: equal texts are equal results.
inline std::string describe(const HttpHeadParser& parser) {
  if (parser.status() != Status::ok) {
    return (parser.status() == Status::need_more ? "need_more " : "unframeable ") + std::to_string(parser.taken());
  }
  const HttpHead& head = parser.head();
  std::string text =
      head.is_request ? head.method + " " + head.target : std::to_string(head.status) + " " + head.reason;
  text += " " + std::to_string(head.version_major) + "." + std::to_string(head.version_minor);
  for (const HttpField& field : head.fields) {
    text += "|" + field.name + "=" + field.value;
  }
  text += "|malformed " + std::to_string(head.malformed_lines) + flags_of(head);
  return text + " size " + std::to_string(head.size) + " taken " + std::to_string(parser.taken());
}

}  // namespace websocket::test
