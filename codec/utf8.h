// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 3629 UTF-8, judged piece by piece: RFC 6455 §8.1 asks for the message as a whole, cut anywhere.
///
/// Shape   feed() bytes; complete() says whether everything so far is whole and valid.
/// U+0000 and non-characters are legal. Overlong forms, surrogates and values above U+10FFFF are not.
#pragma once

#include <string>

#include "bytes.h"

namespace websocket {

class Utf8Validator {
 public:
  /// False as soon as the bytes so far cannot be the beginning of valid UTF-8; stays false.
  bool feed(Bytes bytes);
  /// The same with bytes, at least one, that are known to be ASCII.
  bool feed_ascii() { return valid_ = complete(); }
  /// Valid, and not in the middle of a character.
  [[nodiscard]] bool complete() const { return valid_ && missing_ == 0; }
  [[nodiscard]] bool valid_so_far() const { return valid_; }

 private:
  std::size_t feed_bytes(Bytes bytes, bool only_the_rest);

  bool valid_ = true;
  std::uint8_t missing_ = 0;    ///< continuation bytes still to come
  std::uint8_t lowest_ = 0x80;  ///< range of the next continuation byte
  std::uint8_t highest_ = 0xBF;
};

bool is_utf8(Bytes bytes);

/// The longest prefix of `bytes` that is valid UTF-8 made of whole characters, in bytes.
std::size_t utf8_prefix(Bytes bytes);

/// Text that cannot harm a terminal, a column or XML, whatever a peer sent: at most `most` characters of `bytes`;
/// control characters (C0, DEL, C1), line and paragraph separators and bidirectional controls as \n, \t, \r or \u{hex};
/// bytes that are not UTF-8 as \xHH; a quotation mark or backslash stays as it is. Ends in "..." where `bytes` goes on.
std::string printable_text(Bytes bytes, std::size_t most);
/// The same, behind what `text` holds already.
void append_printable_text(std::string& text, Bytes bytes, std::size_t most);

/// UTF-8 without the three characters for which XML 1.0 §2.2 has no place, though WebSocket texts may hold them:
/// U+0000, U+FFFE, U+FFFF. (Other control characters are escaped by whoever writes XML.)
bool is_xml_text(Bytes bytes);
/// The text with those three as \u{hex}, U+FFFD for what is not UTF-8, and everything else as it stands.
std::string xml_text(Bytes bytes);
/// The text as it stands, with U+FFFD for what is not UTF-8.
std::string replaced_text(Bytes bytes);

}  // namespace websocket
