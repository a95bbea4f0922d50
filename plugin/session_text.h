// SPDX-License-Identifier: GPL-2.0-or-later
/// The messages of one session as text for a window: a heading for each, and its data, made harmless.
///
/// A leaf without epan calls.
#pragma once

#include <string>

#include "bytes.h"
#include "records.h"

namespace wslens {

/// "[0.392313 s, packet 10: text 1, 5 B]", the time being that since the session's first packet.
std::string message_heading(const MessageRecord& message);

/// What a Close says; empty where not all of its body is known.
std::string close_of(const MessageRecord& message, websocket::Bytes data);

class SessionText {
 public:
  /// Text as it is, line by line, with control characters as \u{hex}; anything else as a dump of hexadecimal numbers.
  void add(const MessageRecord& message, websocket::Bytes data);
  [[nodiscard]] std::string take();

 private:
  void add_text(websocket::Bytes data);
  void add_dump(websocket::Bytes data);

  std::string text_;
  std::size_t left_out_ = 0;
};

}  // namespace wslens
