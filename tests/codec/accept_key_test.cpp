// SPDX-License-Identifier: GPL-2.0-or-later
#include "accept_key.h"

#include <gtest/gtest.h>

#include <array>

#include "support/heads.h"

namespace websocket {
namespace {

using namespace std::string_view_literals;
using namespace test;

struct AcceptVector {
  std::string_view key;
  std::string_view accept;
  std::string_view source;
};

constexpr AcceptVector accept_vectors[] = {
    {"dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "RFC 6455 §1.3"},
    {"7iAt/aVzQLvkwZmO6eHr3A==", "32BWzg94jPj8C0kXzqHAru5pGbw=", "captured"},
    {"  dGhlIHNhbXBsZSBub25jZQ==\t", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "§4.2.2 (5.4): white space around it is not part"},
    {"", "Kfh9QIsMVZcl6xEPYxPHzW8SZ8w=", "the GUID alone"},
};

TEST(AcceptKey, AcceptIsTheHashOfKeyAndGuid) {
  GuardedText guarded;
  int count = 0;
  for (const AcceptVector& vector : accept_vectors) {
    EXPECT_EQ(accept_value(guarded.hold(vector.key)), vector.accept) << vector.source;
    ++count;
  }
  EXPECT_EQ(count, 4);
}

TEST(AcceptKey, TheKeyIsTakenAsItStands) {
  EXPECT_NE(accept_value("short"), accept_value("SHORT"));
  EXPECT_NE(accept_value("a\0b"sv), accept_value("a"));
}

struct KeyVector {
  std::string_view key;
  bool well_formed;
  std::string_view why;
};

constexpr KeyVector key_vectors[] = {
    {"dGhlIHNhbXBsZSBub25jZQ==", true, "RFC 6455 §1.3"},
    {"7iAt/aVzQLvkwZmO6eHr3A==", true, "slash"},
    {"3OpihuYRgIoEj9h2xa7Z+g==", true, "plus"},
    {"AAAAAAAAAAAAAAAAAAAAAA==", true, "16 zeros are 16 bytes"},
    {"/////////////////////w==", true, "128 ones"},
    {"", false, "nothing"},
    {"short", false, "too short"},
    {"dGhlIHNhbXBsZSBub25jZQ=", false, "one character too few"},
    {"dGhlIHNhbXBsZSBub25jZQ===", false, "one too many"},
    {"AdGhlIHNhbXBsZSBub25jZQ==", false, "one too many in front"},
    {"Q==", false, "one byte"},
    {"==", false, "padding alone"},
    {"dGhlIHNhbXBsZSBub25jZWE=", false, "17 bytes"},
    {"dGhlIHNhbXBsZSBub25jZWFh", false, "18 bytes"},
    {"dGhlIHNhbXBsZSBub25jZR==", false, "unused bits not zero"},
    {"dGhlIHNhbXBsZSBub25j=Q==", false, "padding inside"},
    {"dGhlIHNhbXBsZSBub2-_ZQ==", false, "base64url"},
    {"dGhlIHNhbXBs SBub25jZQ==", false, "space inside"},
    {" dGhlIHNhbXBsZSBub25jZQ=", false, "space before"},
    {"dGhlIHNhbXBs\0SBub25jZQ=="sv, false, "NUL inside"},
    {"\xC3hlIHNhbXBsZSBub25jZQ==", false, "not ASCII"},
};

TEST(AcceptKey, AKeyIsCanonicalBase64OfSixteenBytes) {
  GuardedText guarded;
  int count = 0;
  for (const KeyVector& vector : key_vectors) {
    EXPECT_EQ(is_key_well_formed(guarded.hold(vector.key)), vector.well_formed) << vector.why;
    ++count;
  }
  EXPECT_EQ(count, 21);
}

TEST(AcceptKey, OfAll256LastCharactersFourAreCanonical) {
  int count = 0;
  for (int value = 0; value < 256; ++value) {
    std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
    key[21] = static_cast<char>(value);
    count += is_key_well_formed(key) ? 1 : 0;
  }
  EXPECT_EQ(count, 4);
}

}  // namespace
}  // namespace websocket
