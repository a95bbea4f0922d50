// SPDX-License-Identifier: GPL-2.0-or-later
#include "utf8.h"

#include <glib.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/bytes.h"

namespace websocket {
namespace {

using test::every_split;
using test::GuardPage;
using test::hex;
using test::Pieces;

using Octets = std::vector<std::uint8_t>;

constexpr char32_t last_code_point = 0x10FFFF;

bool is_surrogate(char32_t c) { return c >= 0xD800 && c <= 0xDFFF; }

/// RFC 3629 §3, the table of bit patterns, for any value of up to 21 bits: surrogates and too large ones too.
Octets encode(char32_t c) {
  const auto octet = [](char32_t bits) { return static_cast<std::uint8_t>(bits); };
  const auto continuation = [&](int shift) { return octet(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) return {octet(c)};
  if (c < 0x800) return {octet(0xC0 | c >> 6), continuation(0)};
  if (c < 0x10000) return {octet(0xE0 | c >> 12), continuation(6), continuation(0)};
  return {octet(0xF0 | c >> 18), continuation(12), continuation(6), continuation(0)};
}

/// How long the character at the front is, or 0, by arithmetic: take the bits out, encode them again, and compare. What
/// is overlong comes back shorter. Shares nothing with the table of ranges in utf8.cpp.
std::size_t oracle_character(Bytes bytes) {
  const std::uint8_t lead = bytes[0];
  const std::size_t size = lead < 0x80 ? 1 : lead >> 5 == 0x6 ? 2 : lead >> 4 == 0xE ? 3 : lead >> 3 == 0x1E ? 4 : 0;
  if (size == 0 || size > bytes.size()) return 0;
  char32_t c = size == 1 ? lead : lead & (0x7FU >> size);
  for (const std::uint8_t byte : bytes.first(size).subspan(1)) {
    if (byte >> 6 != 0x2) return 0;
    c = c * 64 + byte % 64;
  }
  const bool is_legal = encode(c).size() == size && c <= last_code_point && !is_surrogate(c);
  return is_legal ? size : 0;
}

std::size_t oracle_prefix(Bytes bytes) {
  std::size_t prefix = 0;
  while (prefix < bytes.size()) {
    const std::size_t size = oracle_character(bytes.subspan(prefix));
    if (size == 0) break;
    prefix += size;
  }
  return prefix;
}

struct Vector {
  std::string_view bytes;
  std::size_t prefix;  ///< valid whole characters from the front, in bytes
  bool could_go_on;    ///< valid so far
  std::string_view why;
};

const std::vector<Vector> vectors = {
    {"", 0, true, "nothing is valid"},
    {"48 65 6c 6c 6f", 5, true, "ASCII"},
    {"00", 1, true, "U+0000 is legal"},
    {"7f", 1, true, "U+007F"},
    {"c2 80", 2, true, "the first of two bytes, U+0080"},
    {"df bf", 2, true, "the last of two bytes, U+07FF"},
    {"e0 a0 80", 3, true, "the first of three bytes, U+0800"},
    {"ed 9f bf", 3, true, "the last before the surrogates, U+D7FF"},
    {"ee 80 80", 3, true, "the first after the surrogates, U+E000"},
    {"ef bf bf", 3, true, "a non-character is legal, U+FFFF"},
    {"f0 90 80 80", 4, true, "the first of four bytes, U+10000"},
    {"f4 8f bf bf", 4, true, "the last of all, U+10FFFF"},
    {"ce ba e1 bd b9 cf 83 ce bc ce b5", 11, true, "Greek, as Autobahn sends it"},
    {"ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65", 11, false, "Autobahn 6.4: a surrogate in the middle"},
    {"80", 0, false, "a continuation byte first"},
    {"bf", 0, false, "a continuation byte first"},
    {"c0 80", 0, false, "U+0000 overlong, as Java has it"},
    {"c1 bf", 0, false, "U+007F overlong"},
    {"e0 80 80", 0, false, "overlong in three bytes"},
    {"e0 9f bf", 0, false, "U+07FF overlong"},
    {"f0 80 80 80", 0, false, "overlong in four bytes"},
    {"f0 8f bf bf", 0, false, "U+FFFF overlong"},
    {"ed a0 80", 0, false, "the first surrogate, U+D800"},
    {"ed bf bf", 0, false, "the last surrogate, U+DFFF"},
    {"f4 90 80 80", 0, false, "beyond U+10FFFF"},
    {"f5 80 80 80", 0, false, "beyond U+10FFFF"},
    {"f8 88 80 80 80", 0, false, "five bytes are no longer UTF-8"},
    {"fe", 0, false, "never in UTF-8"},
    {"ff", 0, false, "never in UTF-8"},
    {"c3", 0, true, "cut after one of two"},
    {"e2 82", 0, true, "cut after two of three"},
    {"f0 9f 98", 0, true, "cut after three of four"},
    {"61 62 e2 82", 2, true, "cut after whole characters"},
    {"c3 28", 0, false, "a continuation byte is missing"},
    {"e2 82 28", 0, false, "the last continuation byte is missing"},
    {"e2 28 a1", 0, false, "the first continuation byte is missing"},
    {"f0 9f 98 61", 0, false, "the third continuation byte is missing"},
    {"61 61 61 61 61 61 61 61 80", 8, false, "just after eight bytes of ASCII"},
    {"61 61 61 61 61 61 61 80", 7, false, "the last of eight bytes"},
    {"80 61 61 61 61 61 61 61", 0, false, "the first of eight bytes"},
    {"61 61 61 61 61 61 61 c3 a9 61 61 61 61 61 61 61 61", 17, true, "a character across the eighth byte"},
};

TEST(Utf8, VectorsAreJudgedTheSameHoweverTheyAreCut) {
  std::size_t ways = 0;
  std::size_t expected_ways = 0;
  for (const Vector& vector : vectors) {
    SCOPED_TRACE(vector.why);
    const Octets bytes = hex(vector.bytes);
    const bool is_whole = vector.prefix == bytes.size();
    EXPECT_EQ(is_utf8(bytes), is_whole);
    EXPECT_EQ(utf8_prefix(bytes), vector.prefix);
    expected_ways += 3 + (bytes.empty() ? 0 : bytes.size() - 1);
    ways += every_split(bytes, [&](const Pieces& pieces) {
      Utf8Validator validator;
      bool last = true;
      for (const Bytes piece : pieces) last = validator.feed(piece);
      EXPECT_EQ(last, vector.could_go_on);
      EXPECT_EQ(validator.valid_so_far(), vector.could_go_on);
      EXPECT_EQ(validator.complete(), is_whole);
    });
  }
  EXPECT_EQ(vectors.size(), 41U);
  EXPECT_EQ(ways, expected_ways);
}

TEST(Utf8, EachCodePointIsLegalButTheSurrogates) {
  std::size_t legal = 0;
  for (char32_t c = 0; c <= 0x1FFFFF; ++c) {
    const bool expected = c <= last_code_point && !is_surrogate(c);
    ASSERT_EQ(is_utf8(encode(c)), expected) << static_cast<std::uint32_t>(c);
    if (expected) ++legal;
  }
  EXPECT_EQ(legal, 0x110000U - 0x800U);
}

TEST(Utf8, EachLeadByteWithEachSecondByteAgreesWithTheOracle) {
  // Third and fourth bytes: both ends of every range, and their neighbours.
  constexpr std::array<std::uint8_t, 6> others = {0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xFF};
  std::size_t checked = 0;
  std::array<std::uint8_t, 4> bytes{};
  for (unsigned pair = 0; pair <= 0xFFFF; ++pair) {
    bytes[0] = static_cast<std::uint8_t>(pair >> 8);
    bytes[1] = static_cast<std::uint8_t>(pair & 0xFF);
    for (const std::uint8_t third : others) {
      for (const std::uint8_t fourth : others) {
        bytes[2] = third;
        bytes[3] = fourth;
        const std::size_t prefix = oracle_prefix(bytes);
        ASSERT_EQ(utf8_prefix(bytes), prefix) << std::hex << pair << " " << +third << " " << +fourth;
        ASSERT_EQ(is_utf8(bytes), prefix == bytes.size()) << std::hex << pair << " " << +third << " " << +fourth;
        ++checked;
      }
    }
  }
  EXPECT_EQ(checked, 65536U * 36U);
}

TEST(Utf8, EachShortInputAgreesWithTheOracleAndWithGlib) {
  // GLib's validator differs in one thing: it takes no U+0000.
  std::size_t checked = 0;
  for (std::size_t size = 1; size <= 3; ++size) {
    for (unsigned pair = 0; pair <= 0xFFFF; ++pair, ++checked) {
      const std::array<std::uint8_t, 3> memory = {static_cast<std::uint8_t>(pair >> 8),
                                                  static_cast<std::uint8_t>(pair & 0xFF), 0x80};
      const Bytes bytes = Bytes(memory).first(size);
      const bool has_null = as_text(bytes).find('\0') != std::string_view::npos;
      ASSERT_EQ(is_utf8(bytes), oracle_prefix(bytes) == size) << size << " of " << pair;
      if (has_null) continue;
      ASSERT_EQ(is_utf8(bytes), g_utf8_validate_len(as_text(bytes).data(), size, nullptr) != 0) << size << ", " << pair;
    }
  }
  EXPECT_EQ(checked, 3U * 65536U);
}

TEST(Utf8, ABadByteIsFoundAtEachPlaceOfALongText) {
  GuardPage page(64);
  std::size_t checked = 0;
  for (std::size_t size = 1; size <= 33; ++size) {
    for (std::size_t at = 0; at < size; ++at, ++checked) {
      Octets text(size, 'a');
      ASSERT_TRUE(is_utf8(page.at_end(text)));
      text[at] = 0xFF;
      ASSERT_FALSE(is_utf8(page.at_end(text))) << at << " of " << size;
      ASSERT_EQ(utf8_prefix(page.bytes()), at);
      text[at] = 0xC3;  // begins a character that does not go on
      ASSERT_FALSE(is_utf8(page.at_end(text))) << at << " of " << size;
      ASSERT_EQ(utf8_prefix(page.bytes()), at);
    }
  }
  EXPECT_EQ(checked, 33U * 34U / 2U);
}

/// Characters of each length, in runs and mixed, some with a byte gone wrong.
Octets random_text(std::size_t characters, std::mt19937& random) {
  const auto between = [&](char32_t first, char32_t last) { return first + random() % (last - first + 1); };
  Octets text;
  auto kind = random() % 5;
  while (characters-- != 0) {
    if (random() % 4 == 0) kind = random() % 5;
    const char32_t c = kind == 0   ? between(0, 0x7F)
                       : kind == 1 ? between(0x80, 0x7FF)
                       : kind == 2 ? between(0x800, 0xD7FF)
                       : kind == 3 ? between(0xE000, 0xFFFF)
                                   : between(0x10000, last_code_point);
    const Octets bytes = encode(c);
    text.insert(text.end(), bytes.begin(), bytes.end());
  }
  if (random() % 2 == 0 && !text.empty()) text[random() % text.size()] = static_cast<std::uint8_t>(random());
  return text;
}

TEST(Utf8, RandomTextsAreJudgedAsTheOracleDoesAtEachSplitAndAlignment) {
  std::mt19937 random(1);
  std::size_t valid = 0;
  std::size_t splits = 0;
  for (int round = 0; round < 600; ++round) {
    const Octets text = random_text(random() % 80, random);
    const std::size_t prefix = oracle_prefix(text);
    const std::size_t alignment = random() % 16;
    // A block of just that size: a sanitizer sees each byte that is read beyond it.
    const auto block = std::make_unique<std::uint8_t[]>(alignment + text.size());
    std::ranges::copy(text, block.get() + alignment);
    const Bytes bytes(block.get() + alignment, text.size());
    ASSERT_EQ(is_utf8(bytes), prefix == bytes.size());
    ASSERT_EQ(utf8_prefix(bytes), prefix);
    valid += prefix == bytes.size() ? 1 : 0;
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut, ++splits) {
      Utf8Validator validator;
      validator.feed(bytes.first(cut));
      validator.feed(bytes.subspan(cut));
      ASSERT_EQ(validator.complete(), prefix == bytes.size()) << "cut at " << cut;
    }
  }
  EXPECT_GT(valid, 250U);
  EXPECT_LT(valid, 500U);
  EXPECT_GT(splits, 20'000U);
}

TEST(Utf8, EachByteAtEachPlaceAmongMultibyteCharactersAgreesWithTheOracle) {
  std::size_t checked = 0;
  for (const char32_t c : {U'\u00E9', U'\u4E2D', U'\U0001F600'}) {
    Octets text;
    while (text.size() < 44) {
      const Octets bytes = encode(c);
      text.insert(text.end(), bytes.begin(), bytes.end());
    }
    for (std::size_t at = 0; at < text.size(); ++at) {
      const std::uint8_t before = text[at];
      for (unsigned byte = 0; byte <= 0xFF; ++byte, ++checked) {
        text[at] = static_cast<std::uint8_t>(byte);
        ASSERT_EQ(utf8_prefix(text), oracle_prefix(text)) << byte << " at " << at;
      }
      text[at] = before;
    }
  }
  EXPECT_EQ(checked, (44U + 45U + 44U) * 256U);
}

TEST(Utf8, AsciiThatIsKnownToBeIsStillNoContinuation) {
  Utf8Validator validator;
  EXPECT_TRUE(validator.feed_ascii());
  EXPECT_TRUE(validator.feed(hex("e2 82")));
  EXPECT_FALSE(validator.feed_ascii());
  EXPECT_FALSE(validator.valid_so_far());
  EXPECT_FALSE(validator.feed_ascii());
}

TEST(Utf8, OnceInvalidStaysInvalid) {
  Utf8Validator validator;
  EXPECT_FALSE(validator.feed(hex("ff")));
  EXPECT_FALSE(validator.feed(as_bytes("plain text")));
  EXPECT_FALSE(validator.feed({}));
  EXPECT_FALSE(validator.valid_so_far());
  EXPECT_FALSE(validator.complete());
}

TEST(Utf8, IsNotCompleteInTheMiddleOfACharacter) {
  Utf8Validator validator;
  EXPECT_TRUE(validator.complete());
  EXPECT_TRUE(validator.feed(hex("e2 82")));
  EXPECT_FALSE(validator.complete());
  EXPECT_TRUE(validator.feed(hex("ac")));
  EXPECT_TRUE(validator.complete());
}

TEST(Utf8, TheFirstBadByteIsSeenAtOnce) {
  // RFC 6455 §8.1 and Autobahn 6.4: fail fast, even in the middle of a character.
  Utf8Validator validator;
  EXPECT_TRUE(validator.feed(hex("f4")));
  EXPECT_FALSE(validator.feed(hex("90")));
}

struct Printed {
  std::string_view bytes;
  std::size_t most;
  std::string_view text;
  std::string_view why;
};

const std::vector<Printed> printed = {
    {"", 10, "", "nothing"},
    {"48 65 6c 6c 6f", 10, "Hello", "plain text stays"},
    {"48 65 6c 6c 6f", 5, "Hello", "exactly as many as asked for"},
    {"48 65 6c 6c 6f", 4, "Hell...", "one more than asked for"},
    {"48", 0, "...", "none asked for"},
    {"", 0, "", "none asked for, none there"},
    {"c3 a9 e2 82 ac f0 9f 98 80", 3, "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "characters count, not bytes"},
    {"c3 a9 e2 82 ac f0 9f 98 80", 2, "\xC3\xA9\xE2\x82\xAC...", "cut between characters"},
    {"22 5c 27 3c 26", 9, "\"\\'<&", "quotation marks and backslashes stay"},
    {"0a 09 0d", 9, "\\n\\t\\r", "the three with names"},
    {"00 01 1b 1f", 9, "\\u{0}\\u{1}\\u{1b}\\u{1f}", "C0: an escape sequence cannot begin"},
    {"7f", 9, "\\u{7f}", "DEL"},
    {"c2 80 c2 9b c2 9f c2 a0", 9, "\\u{80}\\u{9b}\\u{9f}\xC2\xA0", "C1, and what follows it"},
    {"e2 80 a8 e2 80 a9", 9, "\\u{2028}\\u{2029}", "line and paragraph separator"},
    {"61 ff 62", 9,
     "a\\xff"
     "b",
     "a byte that is never UTF-8"},
    {"e2 82", 9, "\\xe2\\x82", "a character cut off"},
    {"ed a0 80", 9, "\\xed\\xa0\\x80", "a surrogate"},
    {"c0 8a", 9, "\\xc0\\x8a", "an overlong line feed"},
    {"ff ff ff", 2, "\\xff\\xff...", "bad bytes count as characters"},
    {"0a 0a 0a", 2, "\\n\\n...", "escaped characters count once"},
    {"ef bb bf 61", 9, "\\u{feff}a", "the byte order mark"},
    {"ef bf bd ef bf be ef bf bf", 9, "\xEF\xBF\xBD\\u{fffe}\\u{ffff}", "XML forbids the non-characters"},
    {"f4 8f bf bf", 9, "\xF4\x8F\xBF\xBF", "the last code point"},
};

TEST(PrintableText, VectorsArePrinted) {
  for (const Printed& vector : printed) {
    EXPECT_EQ(printable_text(hex(vector.bytes), vector.most), vector.text) << vector.why;
  }
  EXPECT_EQ(printed.size(), 23U);
}

bool must_be_escaped(char32_t c) {
  constexpr std::u32string_view listed =
      U"\u061C\u200E\u200F\u2028\u2029\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069\uFEFF\uFFFE\uFFFF";
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || listed.find(c) != std::u32string_view::npos;
}

TEST(PrintableText, OfAllCodePointsOnlyTheHarmfulAreEscaped) {
  std::size_t escaped = 0;
  for (char32_t c = 0; c <= last_code_point; ++c) {
    if (is_surrogate(c)) continue;
    const Octets bytes = encode(c);
    const std::string text = printable_text(bytes, 1);
    const bool is_escaped = text != as_text(bytes);
    ASSERT_EQ(is_escaped, must_be_escaped(c)) << static_cast<std::uint32_t>(c);
    if (is_escaped) {
      ASSERT_EQ(text.front(), '\\');
      ++escaped;
    }
  }
  EXPECT_EQ(escaped, 32U + 33U + 17U);
}

TEST(PrintableText, WhateverAPeerSentTheResultIsUtf8) {
  std::size_t checked = 0;
  GuardPage page;
  for (unsigned pair = 0; pair <= 0xFFFF; ++pair, ++checked) {
    const Octets bytes = {static_cast<std::uint8_t>(pair >> 8), static_cast<std::uint8_t>(pair & 0xFF)};
    const std::string text = printable_text(page.at_end(bytes), 2);
    ASSERT_TRUE(is_utf8(as_bytes(text))) << pair;
    for (const char c : text) ASSERT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7F) << pair;
  }
  EXPECT_EQ(checked, 65536U);
}

TEST(PrintableText, AnEscapeIsFoundWhereverItStands) {
  // Plain text is taken in blocks, the last of which may cover bytes of the one before.
  GuardPage page;
  std::size_t escapes = 0;
  for (std::size_t size = 1; size <= 40; ++size)
    for (std::size_t at = 0; at < size; ++at)
      for (unsigned byte = 0; byte <= 0xFF; ++byte) {
        Octets bytes(size, 'x');
        bytes[at] = static_cast<std::uint8_t>(byte);
        const std::string shown = printable_text(Bytes(bytes).subspan(at, 1), 1);
        const std::string expected = std::string(at, 'x') + shown + std::string(size - at - 1, 'x');
        ASSERT_EQ(printable_text(page.at_end(bytes), size), expected) << size << ' ' << at << ' ' << byte;
        escapes += shown.size() > 1;
      }
  EXPECT_EQ(escapes, 820U * (33 + 128));
}

struct XmlRow {
  std::string_view bytes;
  std::string_view text;  ///< empty: as it stands
  std::string_view why;
};

constexpr XmlRow xml_rows[] = {
    {"", "", "nothing"},
    {"48 65 6c 6c 6f", "", "plain text"},
    {"00", "\\u{0}", "NUL"},
    {"61 00 62 00", "a\\u{0}b\\u{0}", "NUL in the middle and at the end"},
    {"ef bf be", "\\u{fffe}", "U+FFFE"},
    {"ef bf bf", "\\u{ffff}", "U+FFFF"},
    {"c3 a9 ef bf bf e2 82 ac", "\xC3\xA9\\u{ffff}\xE2\x82\xAC", "U+FFFF between others"},
    {"ef bf bd", "", "U+FFFD is a character"},
    {"ee bf bf", "", "U+EFFF"},
    {"f0 9f bf be f4 8f bf bf", "", "other non-characters are allowed"},
    {"01 0a 7f c2 80 e2 80 a8 e2 80 ae", "", "other control characters are somebody else's"},
    {"3c 26 22 5c", "", "so is markup"},
    {"5c 75 7b 30 7d", "", "what looks like an escape"},
    {"41 9c 42",
     "A\xEF\xBF\xBD"
     "B",
     "a byte that begins nothing"},
    {"e2 82 41",
     "\xEF\xBF\xBD"
     "A",
     "the beginning of a character is replaced as one"},
    {"ed f5 31",
     "\xEF\xBF\xBD\xEF\xBF\xBD"
     "1",
     "two bytes that belong to nothing"},
    {"f0 9f bf", "\xEF\xBF\xBD", "a character cut off by the end"},
};

TEST(XmlText, RowsAreWritten) {
  for (const XmlRow& row : xml_rows) {
    const Octets bytes = hex(row.bytes);
    EXPECT_EQ(is_xml_text(bytes), row.text.empty()) << row.why;
    EXPECT_EQ(xml_text(bytes), row.text.empty() ? as_text(bytes) : row.text) << row.why;
  }
  EXPECT_EQ(std::size(xml_rows), 17U);
}

TEST(XmlText, OfAllCodePointsOnlyThreeHaveNoPlaceInXml) {
  std::vector<char32_t> escaped;
  for (char32_t c = 0; c <= last_code_point; ++c) {
    if (is_surrogate(c)) continue;
    const Octets bytes = encode(c);
    const std::string text = xml_text(bytes);
    ASSERT_EQ(is_xml_text(bytes), text == as_text(bytes)) << static_cast<std::uint32_t>(c);
    ASSERT_TRUE(is_xml_text(as_bytes(text))) << static_cast<std::uint32_t>(c);
    if (text != as_text(bytes)) escaped.push_back(c);
  }
  EXPECT_EQ(escaped, (std::vector<char32_t>{0, 0xFFFE, 0xFFFF}));
}

TEST(XmlText, WhateverAPeerSentIsMadeHarmlessAndNothingIsReadBehindIt) {
  GuardPage page;
  std::size_t checked = 0;
  for (unsigned lead = 0; lead <= 0xFF; ++lead) {
    for (const std::string_view more : {"", "bf", "bf be", "00", "bf bf bf"}) {
      Octets bytes{static_cast<std::uint8_t>(lead)};
      for (const std::uint8_t byte : hex(more)) bytes.push_back(byte);
      const std::string text = xml_text(page.at_end(bytes));
      ASSERT_TRUE(is_xml_text(as_bytes(text)));
      ASSERT_EQ(text == as_text(bytes), is_xml_text(page.bytes()));
      ++checked;
    }
  }
  EXPECT_EQ(checked, 256U * 5);
}

}  // namespace
}  // namespace websocket
