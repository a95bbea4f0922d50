// SPDX-License-Identifier: GPL-2.0-or-later
#include "utf8.h"

#include <string_view>

#include "block.h"

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

/// A block at least: how many bytes from the front are ASCII, as far as blocks show it. Instead of what the blocks
/// leave over the last one is judged once more.
template <typename SomeBlock>
std::size_t ascii_blocks(Bytes bytes) {
  const std::size_t last_at = bytes.size() - SomeBlock::size;
  std::size_t at = 0;
  for (; at < last_at; at += SomeBlock::size)
    if (!SomeBlock::load(bytes.data() + at).is_ascii()) return at;
  return SomeBlock::load(bytes.data() + last_at).is_ascii() ? bytes.size() : at;
}

/// The larger the blocks, the fewer branches that nobody foretells.
std::size_t ascii_large_blocks(Bytes bytes) {
  if (bytes.size() >= FourBlocks::size) return ascii_blocks<FourBlocks>(bytes);
  if (bytes.size() >= TwoBlocks::size) return ascii_blocks<TwoBlocks>(bytes);
  if (bytes.size() >= Block::size) return ascii_blocks<Block>(bytes);
  using EightBytes = WordBlock<std::uint64_t>;
  if (bytes.size() >= EightBytes::size) return ascii_blocks<EightBytes>(bytes);
  using FourBytes = WordBlock<std::uint32_t>;
  return bytes.size() >= FourBytes::size ? ascii_blocks<FourBytes>(bytes) : 0;
}

/// How many bytes from the front are ASCII; most text is.
std::size_t ascii_prefix(Bytes bytes) {
  std::size_t size = ascii_large_blocks(bytes);
  if (size == bytes.size()) return size;
  for (; bytes.size() - size >= Block::size; size += Block::size) {
    const std::size_t prefix = Block::load(&bytes[size]).ascii_prefix();
    if (prefix != Block::size) return size + prefix;
  }
  while (size < bytes.size() && bytes[size] <= 0x7F) ++size;
  return size;
}

/// Four bytes, the first of them the lowest of the number.
std::uint32_t little_endian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 |
         std::uint32_t{bytes[3]} << 24;
}

// What sequence_of() says, of the four bytes from a character's first one on.

/// 110xxxxx 10xxxxxx, but not C0 and C1.
bool begin_with_two(std::uint32_t four) { return (four & 0xC0E0) == 0x80C0 && (four & 0x1E) != 0; }

/// 1110xxxx 10xxxxxx 10xxxxxx, but not E0 80..9F and ED A0..BF.
bool begin_with_three(std::uint32_t four) {
  const std::uint32_t decisive = four & 0x200F;
  return (four & 0xC0C0F0) == 0x8080E0 && decisive != 0 && decisive != 0x200D;
}

/// 11110xxx 10xxxxxx 10xxxxxx 10xxxxxx, from U+10000 to U+10FFFF.
bool are_one_character(std::uint32_t four) {
  const std::uint32_t plane = (four & 0x7) << 2 | (four >> 12 & 0x3);
  return (four & 0xC0C0C0F8) == 0x808080F0 && plane >= 1 && plane <= 16;
}

/// How many bytes at the end of well-formed ones belong to a character that is not whole.
std::size_t unfinished(Bytes bytes) {
  const auto from_end = [&](std::size_t back) { return back <= bytes.size() ? bytes[bytes.size() - back] : 0; };
  if (from_end(1) >= 0xC0) return 1;
  if (from_end(2) >= 0xE0) return 2;
  return from_end(3) >= 0xF0 ? 3 : 0;
}

#if defined(__SSE2__)
/// Sixteen bytes, and those that stand one, two and three places in front of each.
struct Neighbours {
  __m128i here, one, two, three;

  /// Nothing stands in front of them.
  static Neighbours at_start(const std::uint8_t* at) {
    const __m128i here = load(at);
    return {here, _mm_slli_si128(here, 1), _mm_slli_si128(here, 2), _mm_slli_si128(here, 3)};
  }
  static Neighbours behind_others(const std::uint8_t* at) {
    return {load(at), load(at - 1), load(at - 2), load(at - 3)};
  }
  static __m128i load(const std::uint8_t* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }
};

__m128i all(std::uint8_t byte) { return _mm_set1_epi8(static_cast<char>(byte)); }

/// sequence_of() for sixteen bytes at once: is none of them wrong behind those in front of it?
bool are_well_formed(const Neighbours& bytes) {
  const auto above = [](__m128i some, std::uint8_t byte) { return _mm_subs_epu8(some, all(byte)); };   // not 0: it is
  const auto below = [](__m128i some, std::uint8_t byte) { return _mm_cmplt_epi8(some, all(byte)); };  // of 80..BF
  const auto behind = [&](std::uint8_t lead, __m128i wrong) {
    return _mm_and_si128(_mm_cmpeq_epi8(bytes.one, all(lead)), wrong);
  };
  const auto any = [](__m128i a, __m128i b) { return _mm_or_si128(a, b); };

  const __m128i leads = any(any(above(bytes.one, 0xBF), above(bytes.two, 0xDF)), above(bytes.three, 0xEF));
  const __m128i awaited = _mm_cmpgt_epi8(leads, _mm_setzero_si128());
  const __m128i continues = below(bytes.here, 0xC0);
  __m128i wrong = _mm_xor_si128(awaited, continues);
  const __m128i below_a0 = below(bytes.here, 0xA0);
  const __m128i below_90 = below(bytes.here, 0x90);
  wrong = any(wrong, behind(0xE0, below_a0));                               // overlong
  wrong = any(wrong, _mm_andnot_si128(below_a0, behind(0xED, all(0xFF))));  // surrogates
  wrong = any(wrong, behind(0xF0, below_90));                               // overlong
  wrong = any(wrong, _mm_andnot_si128(below_90, behind(0xF4, all(0xFF))));  // beyond U+10FFFF
  wrong = any(wrong, above(bytes.here, 0xF4));
  wrong = any(wrong, _mm_cmpeq_epi8(_mm_and_si128(bytes.here, all(0xFE)), all(0xC0)));  // C0 and C1
  return _mm_movemask_epi8(_mm_cmpeq_epi8(wrong, _mm_setzero_si128())) == 0xFFFF;
}

/// Well-formed characters from the front, in bytes, as far as blocks of sixteen bytes show it.
std::size_t prefix_of_blocks(Bytes bytes) {
  const auto is_ascii = [&](std::size_t at) { return Block::load(&bytes[at]).is_ascii(); };
  const auto is_whole = [&](std::size_t at) { return at + Block::size <= bytes.size(); };
  std::size_t size = 0;
  while (is_whole(size)) {
    if (is_ascii(size)) {
      if (unfinished(bytes.first(size)) != 0) break;
      do size += Block::size;
      while (is_whole(size) && is_ascii(size));
      continue;
    }
    if (!are_well_formed(size == 0 ? Neighbours::at_start(&bytes[0]) : Neighbours::behind_others(&bytes[size]))) break;
    size += Block::size;
  }
  if (size != 0 && !is_whole(size)) {  // the last block once more, some of it judged already
    const std::size_t last = bytes.size() - Block::size;
    if (is_ascii(last) || (last >= 3 && are_well_formed(Neighbours::behind_others(&bytes[last])))) size = bytes.size();
  }
  return size - unfinished(bytes.first(size));
}
#else
std::size_t prefix_of_blocks(Bytes /*bytes*/) { return 0; }
#endif

/// Well-formed characters from the front, in bytes. Stops where one is not, and within the last three bytes.
std::size_t most_of_prefix(Bytes bytes) {
  std::size_t size = prefix_of_blocks(bytes);
  while (bytes.size() - size >= 4) {
    const std::uint32_t four = little_endian(&bytes[size]);
    const std::uint32_t others = four & 0x8080'8080U;  // than ASCII
    if (others == 0) {
      size += ascii_prefix(bytes.subspan(size));
    } else if ((others & 0x80) == 0) {
      size += static_cast<std::size_t>(std::countr_zero(others)) / 8;
    } else if (begin_with_three(four)) {
      size += 3;
    } else if (begin_with_two(four)) {
      size += 2;
    } else if (are_one_character(four)) {
      size += 4;
    } else {
      break;
    }
  }
  return size;
}

/// How many bytes from the front are ASCII that needs no escape.
std::size_t plain_prefix(Bytes bytes) {
  std::size_t size = 0;
  while (bytes.size() - size >= Block::size && Block::load(bytes.data() + size).is_plain()) size += Block::size;
  const bool only_an_end_is_left = bytes.size() > Block::size && bytes.size() - size < Block::size;
  if (only_an_end_is_left && Block::load(bytes.last(Block::size).data()).is_plain()) return bytes.size();
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

/// One byte after the other: what a piece begins or ends with in the middle of a character, and what is wrong.
std::size_t Utf8Validator::feed_bytes(Bytes bytes, bool only_the_rest) {
  std::size_t at = 0;
  while (valid_ && at < bytes.size() && !(only_the_rest && missing_ == 0)) {
    const std::uint8_t byte = bytes[at++];
    if (missing_ == 0) {
      const Sequence sequence = sequence_of(byte);
      valid_ = sequence.size != 0;
      missing_ = valid_ ? static_cast<std::uint8_t>(sequence.size - 1) : std::uint8_t{0};
      lowest_ = sequence.lowest;
      highest_ = sequence.highest;
    } else {
      valid_ = is_between(byte, lowest_, highest_);
      --missing_;
      lowest_ = lowest_continuation;
      highest_ = highest_continuation;
    }
  }
  return at;
}

bool Utf8Validator::feed(Bytes bytes) {
  if (missing_ != 0) bytes = bytes.subspan(feed_bytes(bytes, true));
  if (!complete()) return valid_;
  const std::size_t ascii = ascii_prefix(bytes);
  if (ascii == bytes.size()) return true;  // most text is
  bytes = bytes.subspan(ascii);
  feed_bytes(bytes.subspan(most_of_prefix(bytes)), false);
  return valid_;
}

bool is_utf8(Bytes bytes) {
  Utf8Validator validator;
  validator.feed(bytes);
  return validator.complete();
}

std::size_t utf8_prefix(Bytes bytes) {
  std::size_t prefix = most_of_prefix(bytes);
  while (const std::size_t size = character_size(bytes.subspan(prefix))) prefix += size;
  return prefix;
}

void append_printable_text(std::string& text, Bytes bytes, std::size_t most) {
  while (most > 0 && !bytes.empty()) {
    const std::size_t run = plain_prefix(bytes.first(std::min(most, bytes.size())));
    text += as_text(bytes.first(run));
    bytes = bytes.subspan(run);
    most -= run;
    if (most == 0 || bytes.empty()) break;
    bytes = bytes.subspan(append_first(text, bytes));
    --most;
  }
  if (!bytes.empty()) text += std::string_view("...");
}

std::string printable_text(Bytes bytes, std::size_t most) {
  std::string text;
  append_printable_text(text, bytes, most);
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
