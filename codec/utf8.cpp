// SPDX-License-Identifier: GPL-2.0-or-later
#include "utf8.h"

#include <cstring>
#include <string_view>

namespace websocket {
namespace {

/// RFC 3629 §4: what may follow a lead byte. Only the first continuation byte has a range of its own; it is what keeps
/// out overlong forms, surrogates and values above U+10FFFF.
struct Sequence {
  std::uint8_t size;  ///< with its lead byte; 0: this byte begins no character
  std::uint8_t lowest;
  std::uint8_t highest;
};

constexpr std::string_view replacement_character = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::uint8_t lowest_continuation = 0x80;
constexpr std::uint8_t highest_continuation = 0xBF;

Sequence sequence_of(std::uint8_t lead) {
  if (lead <= 0x7F) return {1, 0, 0};
  if (lead <= 0xC1) return {0, 0, 0};  // a continuation byte, or an overlong form of ASCII
  if (lead <= 0xDF) return {2, 0x80, 0xBF};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};  // below: overlong
  if (lead == 0xED) return {3, 0x80, 0x9F};  // above: surrogates
  if (lead <= 0xEF) return {3, 0x80, 0xBF};
  if (lead == 0xF0) return {4, 0x90, 0xBF};  // below: overlong
  if (lead <= 0xF3) return {4, 0x80, 0xBF};
  if (lead == 0xF4) return {4, 0x80, 0x8F};  // above: beyond U+10FFFF
  return {0, 0, 0};
}

bool is_between(std::uint8_t byte, std::uint8_t lowest, std::uint8_t highest) {
  return lowest <= byte && byte <= highest;
}

bool all_ascii(const std::uint8_t* eight_bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, eight_bytes, sizeof word);
  return (word & 0x8080808080808080U) == 0;
}

/// How many bytes from the front are ASCII; most text is, so it is judged eight bytes at a time.
std::size_t ascii_prefix(Bytes bytes) {
  std::size_t size = 0;
  while (bytes.size() - size >= 8 && all_ascii(&bytes[size])) size += 8;
  while (size < bytes.size() && bytes[size] <= 0x7F) ++size;
  return size;
}

/// How many bytes from the front are ASCII that needs no escape.
std::size_t plain_prefix(Bytes bytes) {
  std::size_t size = 0;
  while (size < bytes.size() && bytes[size] >= 0x20 && bytes[size] < 0x7F) ++size;
  return size;
}

/// Bytes of the character at the front; 0 if there is no whole and well-formed one.
std::size_t character_size(Bytes bytes) {
  if (bytes.empty()) return 0;
  const Sequence sequence = sequence_of(bytes[0]);
  if (sequence.size > bytes.size()) return 0;
  for (std::size_t i = 1; i < sequence.size; ++i) {
    const bool first = i == 1;
    const std::uint8_t lowest = first ? sequence.lowest : lowest_continuation;
    const std::uint8_t highest = first ? sequence.highest : highest_continuation;
    if (!is_between(bytes[i], lowest, highest)) return 0;
  }
  return sequence.size;
}

/// Bytes at the front that stand for one character which is not well-formed: those that could begin one, or one byte
/// (the Unicode Standard, §3.9, "maximal subpart").
std::size_t ill_formed_size(Bytes bytes) {
  Utf8Validator validator;
  std::size_t size = 0;
  while (size < bytes.size() && validator.feed(bytes.subspan(size, 1))) ++size;
  return std::max<std::size_t>(size, 1);
}

/// The code point of one whole, well-formed character.
char32_t code_point(Bytes character) {
  if (character.size() == 1) return character[0];
  char32_t value = character[0] & (0xFFU >> (character.size() + 1));
  for (const std::uint8_t byte : character.subspan(1)) value = value << 6 | (byte & 0x3FU);
  return value;
}

bool is_control_character(char32_t c) { return c <= 0x1F || (c >= 0x7F && c <= 0x9F); }

bool is_separator(char32_t c) { return c == 0x2028 || c == 0x2029; }

/// Unicode Annex 9: they reorder what stands around them, so text could pose as something else.
bool is_bidirectional_control(char32_t c) {
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/// The byte order mark is invisible; XML 1.0 §2.2 has no place for the two non-characters.
bool is_unprintable(char32_t c) { return c == 0xFEFF || c == 0xFFFE || c == 0xFFFF; }

bool needs_escape(char32_t c) {
  return is_control_character(c) || is_separator(c) || is_bidirectional_control(c) || is_unprintable(c);
}

constexpr std::string_view hex_digits = "0123456789abcdef";

void append_escaped_byte(std::string& text, std::uint8_t byte) {
  text += "\\x";
  text += hex_digits[byte >> 4];
  text += hex_digits[byte & 0xF];
}

void append_hex(std::string& text, char32_t value) {
  if (value >= 16) append_hex(text, value >> 4);
  text += hex_digits[value & 0xF];
}

void append_escaped(std::string& text, char32_t c) {
  switch (c) {
    case '\n':
      text += "\\n";
      return;
    case '\t':
      text += "\\t";
      return;
    case '\r':
      text += "\\r";
      return;
    default:
      text += "\\u{";
      append_hex(text, c);
      text += '}';
  }
}

void append_character(std::string& text, Bytes character) {
  const char32_t c = code_point(character);
  if (needs_escape(c)) {
    append_escaped(text, c);
  } else {
    text += as_text(character);
  }
}

/// Appends the first character of `bytes`, or its first byte where that begins none; returns the bytes it took.
std::size_t append_first(std::string& text, Bytes bytes) {
  const std::size_t size = character_size(bytes);
  if (size == 0) {
    append_escaped_byte(text, bytes[0]);
    return 1;
  }
  append_character(text, bytes.first(size));
  return size;
}

/// U+0000, U+FFFE, U+FFFF.
bool has_characters_without_place_in_xml(std::string_view text) {
  constexpr auto npos = std::string_view::npos;
  return text.find('\0') != npos || text.find("\xEF\xBF\xBE") != npos || text.find("\xEF\xBF\xBF") != npos;
}

}  // namespace

bool Utf8Validator::feed(Bytes bytes) {
  std::size_t at = 0;
  while (valid_ && at < bytes.size()) {
    if (missing_ == 0) {
      at += ascii_prefix(bytes.subspan(at));
      if (at == bytes.size()) break;
      const Sequence sequence = sequence_of(bytes[at++]);
      valid_ = sequence.size != 0;
      missing_ = valid_ ? static_cast<std::uint8_t>(sequence.size - 1) : std::uint8_t{0};
      lowest_ = sequence.lowest;
      highest_ = sequence.highest;
    } else {
      valid_ = is_between(bytes[at++], lowest_, highest_);
      --missing_;
      lowest_ = lowest_continuation;
      highest_ = highest_continuation;
    }
  }
  return valid_;
}

bool is_utf8(Bytes bytes) {
  Utf8Validator validator;
  validator.feed(bytes);
  return validator.complete();
}

std::size_t utf8_prefix(Bytes bytes) {
  std::size_t prefix = ascii_prefix(bytes);
  while (const std::size_t size = character_size(bytes.subspan(prefix))) {
    prefix += size;
    prefix += ascii_prefix(bytes.subspan(prefix));
  }
  return prefix;
}

std::string printable_text(Bytes bytes, std::size_t most) {
  std::string text;
  while (most > 0 && !bytes.empty()) {
    const std::size_t run = plain_prefix(bytes.first(std::min(most, bytes.size())));
    text += as_text(bytes.first(run));
    bytes = bytes.subspan(run);
    most -= run;
    if (most == 0 || bytes.empty()) break;
    bytes = bytes.subspan(append_first(text, bytes));
    --most;
  }
  if (!bytes.empty()) text += "...";
  return text;
}

bool is_xml_text(Bytes bytes) { return is_utf8(bytes) && !has_characters_without_place_in_xml(as_text(bytes)); }

std::string xml_text(Bytes bytes) {
  std::string text;
  while (!bytes.empty()) {
    const std::size_t size = character_size(bytes);
    const Bytes first = bytes.first(size == 0 ? ill_formed_size(bytes) : size);
    if (size == 0)
      text += replacement_character;
    else if (has_characters_without_place_in_xml(as_text(first)))
      append_escaped(text, code_point(first));
    else
      text += as_text(first);
    bytes = bytes.subspan(first.size());
  }
  return text;
}

std::string replaced_text(Bytes bytes) {
  std::string text;
  while (!bytes.empty()) {
    const std::size_t good = utf8_prefix(bytes);
    text += as_text(bytes.first(good));
    bytes = bytes.subspan(good);
    if (bytes.empty()) break;
    text += replacement_character;
    bytes = bytes.subspan(ill_formed_size(bytes));
  }
  return text;
}

}  // namespace websocket
